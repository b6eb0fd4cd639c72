// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::env {

/// Where a request of `edge_cloud` is, or how it ended.
enum class request_state : std::uint8_t {
  not_arrived,
  waiting_at_access,
  waiting_at_target,  ///< or on its way there
  running,            ///< or its answer is on its way back
  on_time,
  late,                ///< answered after its deadline
  expired_at_access,   ///< deadline passed in the queue of its access point
  expired_at_target,   ///< deadline passed in the queue of a target
  hopeless_at_target,  ///< picked, but it could not have been answered in time
};

/// What became of one request; times are set as it reaches them.
///
/// The parts of an answered request's latency add up to answered - arrival:
/// decision dispatched - arrival, transmission travel + answered - finished, queueing started -
/// dispatched - travel, execution finished - started.
struct request_record {
  instant dispatched{};  ///< when its decision was ready and it left
  instant started{}, answered{};
  instant finished{};        ///< when it had run, or when a target discarded it
  instant expected{};        ///< when its answer was expected back as it was dispatched
  duration latency{};        ///< one way, from its target back
  duration travel{};         ///< on its way to targets, all of them if it was moved
  std::uint32_t target = 0;  ///< global number: nodes, then the cloud
  request_state state = request_state::not_arrived;

  [[nodiscard]] bool answered_at_all() const noexcept {
    return state == request_state::on_time || state == request_state::late;
  }
};

/// arrived == done + missed + waiting + running, always.
struct edge_cloud_counts {
  std::uint64_t arrived = 0, done = 0, missed = 0, waiting = 0, running = 0;
  std::array<std::uint64_t, 3> dispatched{};  ///< by target_kind
  std::uint64_t urgent_offered =
      0;                        ///< offers of another target to urgent requests, over all passes
  std::uint64_t relocated = 0;  ///< moves of them to another target
};

/// What became of a replica_change.
enum class scaling : std::uint8_t {
  applied,
  delayed,  ///< some replica goes only when it has finished its request
  refused,  ///< nothing: no memory, too few to remove, no change, or a cluster that is cut off
};

/// Why requests were missed; the sum is edge_cloud_counts::missed.
struct edge_cloud_misses {
  std::uint64_t expired_at_access = 0, expired_at_target = 0, hopeless_at_target = 0, late = 0;
};

/// What happened to the requests of one access point in one slot.
struct slot_tally {
  std::uint32_t arrived = 0;
  std::uint32_t started = 0;
  std::uint32_t done = 0;     ///< answered on time
  std::uint32_t dropped = 0;  ///< missed while waiting
  std::uint32_t late = 0;     ///< missed by a late answer
};

/// How much one target has worked.
struct target_use {
  duration replica_time{};         ///< sum over replicas, until the horizon
  double core_milliseconds = 0.0;  ///< cores held x time, whole episode
};

}  // namespace muster::inline MUSTER_ABI::env
