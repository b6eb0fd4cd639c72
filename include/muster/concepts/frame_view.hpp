// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/concepts/dispatch_view.hpp>

namespace muster::inline MUSTER_ABI {

/// What happened to the requests of one service since the frame before, all access points.
struct service_flow {
  std::uint32_t arrived = 0;
  std::uint32_t done = 0;    ///< answered on time
  std::uint32_t missed = 0;  ///< discarded or answered late
};

/// What one target did since the frame before.
struct target_flow {
  std::uint32_t done = 0;          ///< requests it ran whose answers were on time
  std::uint32_t missed = 0;        ///< requests it discarded, or whose answers were late
  std::int64_t busy_us = 0;        ///< replica time used by requests started in the frame
  double core_milliseconds = 0.0;  ///< cores x time, likewise
};

/// What an orchestrator may look at when a frame begins: the whole system, from the cloud.
///
/// Targets have their global numbers: nodes of cluster 0, of cluster 1, ..., the cloud last.
/// The spans are valid until the environment is asked for the next decision.
struct frame_view {
  instant now{};
  duration frame{};          ///< time since the frame before (or the start), > 0 but at time 0
  std::uint64_t number = 0;  ///< frames so far, 0 = the first
  std::uint32_t clusters = 0;
  std::uint32_t nodes_per_cluster = 0;
  duration lan{}, cross{}, wan{};  ///< one way
  double replica_memory = 0.0;     ///< GB that one more replica takes
  const target_table* table = nullptr;
  std::span<const std::uint32_t> at_access;  ///< waiting at access points, [clusters x services]
  std::span<const std::uint32_t> starting;   ///< replicas not ready yet, [targets x services]
  std::span<const service_flow> services;    ///< by service
  std::span<const target_flow> flows;        ///< by target
  std::span<const std::int64_t> busy;        ///< as busy_us, but [targets x services]

  [[nodiscard]] std::size_t targets() const noexcept { return table->rows.size(); }
  [[nodiscard]] std::size_t nodes() const noexcept { return table->rows.size() - 1; }
  [[nodiscard]] std::size_t cluster_of(std::size_t node) const noexcept {
    return node / nodes_per_cluster;
  }
  [[nodiscard]] const target_table::cell& cell(std::size_t target,
                                               std::size_t service) const noexcept {
    return table->cells[target * table->services + service];
  }
  /// Replicas of a service on a target, those that still start included.
  [[nodiscard]] std::uint32_t replicas(std::size_t target, std::size_t service) const noexcept {
    return cell(target, service).replicas + starting[target * table->services + service];
  }
  /// Requests of a service waiting anywhere: at access points, on their way, at targets.
  [[nodiscard]] std::uint64_t backlog(std::size_t service) const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t c = 0; c < clusters; ++c) sum += at_access[c * table->services + service];
    for (std::size_t t = 0; t < targets(); ++t) sum += cell(t, service).waiting;
    return sum;
  }
  /// Whether a target has the memory for one more replica.
  [[nodiscard]] bool has_room(std::size_t target) const noexcept {
    const auto& row = table->rows[target];
    return row.memory_used + static_cast<std::int64_t>(replica_memory * 1e3 + 0.5) <=
           row.memory_total;
  }
};

/// How many replicas of a service a target shall have more (> 0) or fewer (< 0).
struct replica_change {
  std::uint32_t target = 0;  ///< global number
  service_id service{};
  std::int32_t delta = 0;
};

}  // namespace muster::inline MUSTER_ABI
