// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::env {

/// A task of `cloud_vm` in its own units.
struct cloud_task {
  std::int64_t arrival = 0;  ///< slot from which on it waits; slot 0 is that of the first task
  std::uint32_t run = 1;     ///< slots; >= 1
  std::uint32_t cpu = 1;     ///< vCPUs; >= 1
  std::int32_t memory = 0;   ///< thousandths of a GB; >= 0
  std::uint32_t row = 0;     ///< its number in what was loaded
};

/// Why tasks were not let in when they were loaded.
struct cloud_refusals {
  std::uint64_t cpu = 0;        ///< more vCPUs than any machine has
  std::uint64_t memory = 0;     ///< more memory than any machine with enough vCPUs has
  std::uint64_t malformed = 0;  ///< negative, not finite, or more than 2^31 slots

  [[nodiscard]] constexpr std::uint64_t total() const noexcept { return cpu + memory + malformed; }
};

/// What happened in an episode so far: arrived == done + running + waiting, always.
struct cloud_vm_counts {
  std::uint64_t arrived = 0, done = 0, running = 0, waiting = 0;
  std::uint64_t placed = 0;        ///< answers that started a task
  std::uint64_t denied = 0;        ///< answers that named a machine without room
  std::uint64_t lazy_waits = 0;    ///< waits although a machine had room
  std::uint64_t forced_waits = 0;  ///< waits when none had

  [[nodiscard]] constexpr std::uint64_t steps() const noexcept {
    return placed + denied + lazy_waits + forced_waits;
  }
};

/// How good an episode was, up to now; after a terminated one, up to the end of its last task.
/// What still waits counts: an agent that leaves tasks behind does not look the better for it.
struct cloud_vm_metrics {
  double response = 0.0;      ///< s, mean over what has arrived, to its end or till now (eq. 23)
  double makespan = 0.0;      ///< s, from the first arrival to the end of all, or till now
  double utilisation = 0.0;   ///< 0..1, weighted mean over resources, machines, time (eq. 24)
  double load_balance = 0.0;  ///< mean of eq. 4 over time; 0 = equal loads (eq. 25)
};

/// Neighbouring vCPUs of one machine held by one task: a bar of a timeline. A task whose vCPUs
/// are not neighbours has several.
struct cloud_hold {
  std::uint32_t task = 0;  ///< number in the environment
  std::uint32_t machine = 0;
  std::uint32_t first_vcpu = 0, vcpus = 1;
  std::int64_t from = 0, until = 0;  ///< slots; until itself is not part of it
};

/// Looks at nothing, and costs nothing.
struct unwatched {
  void reset() noexcept {}
  void held(const cloud_hold&) noexcept {}
};

/// Keeps every bar of the running episode. Allocates unless `holds` was reserved.
struct hold_log {
  std::vector<cloud_hold> holds{};
  void reset() noexcept { holds.clear(); }
  void held(const cloud_hold& h) { holds.push_back(h); }
};

}  // namespace muster::inline MUSTER_ABI::env
