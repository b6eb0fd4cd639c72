// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/core/contracts.hpp>
#include <muster/core/job.hpp>

namespace muster::inline MUSTER_ABI {

/// Where a target stands as seen from the access point that decides.
enum class target_kind : std::uint8_t { own_cluster, neighbour, cloud };

/// What is known about one target when a request is placed: counts at the start of the slot
/// plus what this access point itself has sent since.
struct target_state {
  target_kind kind = target_kind::own_cluster;
  std::uint32_t replicas = 0;      ///< of the request's service on this target
  std::uint32_t busy = 0;          ///< of those, how many are running a request
  std::uint32_t waiting = 0;       ///< requests of this service queued there or on their way
  std::uint32_t queue_length = 0;  ///< requests of any service queued there or on their way
  std::uint32_t running = 0;       ///< requests of any service running there
  duration backlog{};  ///< work of this service ahead, waiting and remaining, at this speed
  duration latency{};  ///< one way, access point to target
  double speed = 1.0;  ///< work units per unit of time
  double cpu_free = 0.0, cpu_total = 0.0;        ///< cores
  double memory_free = 0.0, memory_total = 0.0;  ///< GB

  /// Replicas of the service that neither run nor have a request waiting for them.
  [[nodiscard]] constexpr std::uint32_t idle() const noexcept {
    const std::uint32_t taken = busy + waiting;
    return replicas > taken ? replicas - taken : 0;
  }
  /// Part of the cores in use, 0 to 1.
  [[nodiscard]] constexpr double cpu_use() const noexcept {
    return cpu_total > 0.0 ? 1.0 - cpu_free / cpu_total : 0.0;
  }
  /// Part of the memory in use, 0 to 1.
  [[nodiscard]] constexpr double memory_use() const noexcept {
    return memory_total > 0.0 ? 1.0 - memory_free / memory_total : 0.0;
  }
};

/// The books behind a dispatch_view: rows by global node number, the cloud last.
/// Integers, so that taking and giving back returns exactly to the start.
struct target_table {
  struct row {
    std::int64_t cpu_used = 0, cpu_total = 0;        ///< 1/1000 core
    std::int64_t memory_used = 0, memory_total = 0;  ///< 1/1000 GB
    double speed = 1.0;
    std::uint32_t queue_length = 0;
    std::uint32_t running = 0;
  };
  /// One service on one target.
  struct cell {
    std::uint32_t replicas = 0;
    std::uint32_t busy = 0;
    std::uint32_t waiting = 0;
    std::uint32_t unused = 0;
    std::int64_t work_waiting = 0;  ///< us at speed 1
    std::int64_t finish_sum = 0;    ///< sum of the finish times of the running, us
  };
  std::span<const row> rows;
  std::span<const cell> cells;  ///< rows x services
  std::size_t services = 0;
};

/// What a dispatcher may look at for one decision.
///
/// Targets are numbered in the frame of the deciding access point: nodes of its own cluster
/// first, the neighbours' nodes in cyclic order, the cloud last. So target 0 is "my first
/// node" for everybody, and one policy serves all access points. A target's state is worked
/// out when asked for: a rule that stops at the first idle node pays for that node only.
///
/// Information   state at the start of the slot, including what is still on its way, plus the
///               dispatches of this access point since; what the others send in the same slot
///               is not visible. Valid until the request is dispatched.
class dispatch_view {
 public:
  using validity = bool (*)(const dispatch_view&, std::size_t) noexcept;

  job request{};                   ///< the request to place
  instant now{};                   ///< start of this slot
  std::uint32_t access_point = 0;  ///< who decides
  std::uint32_t queue_length = 0;  ///< waiting at this access point, this request included
  std::uint32_t first_row = 0;     ///< global number of target 0
  std::uint32_t own = 0;           ///< nodes in the own cluster
  duration lan{}, cross{}, wan{};  ///< one-way latencies
  const target_table* table = nullptr;
  validity is_valid = nullptr;
  const std::uint8_t* cut_off = nullptr;  ///< by cluster, 1 = without links; null: all have them

  /// Number of targets: all nodes, and the cloud.
  [[nodiscard]] std::size_t size() const noexcept { return table->rows.size(); }
  [[nodiscard]] std::size_t cloud() const noexcept { return table->rows.size() - 1; }
  /// Whether target k may be chosen: it can be reached, and the mask in force allows it.
  [[nodiscard]] bool valid(std::size_t k) const noexcept {
    return reachable(k) && is_valid(*this, k);
  }
  /// Whether there is a link to target k now.
  [[nodiscard]] bool reachable(std::size_t k) const noexcept {
    if (cut_off == nullptr || k < own) return true;
    return cut_off[access_point] == 0 && (k == cloud() || cut_off[row_of(k) / own] == 0);
  }

  /// Global number of target k; the cloud keeps the last one. Inverse: `index_of_row`.
  [[nodiscard]] std::size_t row_of(std::size_t k) const noexcept {
    if (k >= cloud()) return k;
    const std::size_t row = first_row + k;
    return row < cloud() ? row : row - cloud();
  }
  [[nodiscard]] std::size_t index_of_row(std::size_t row) const noexcept {
    if (row >= cloud()) return row;
    return row >= first_row ? row - first_row : row + cloud() - first_row;
  }
  [[nodiscard]] target_kind kind(std::size_t k) const noexcept {
    return k < own ? target_kind::own_cluster
                   : (k < cloud() ? target_kind::neighbour : target_kind::cloud);
  }
  [[nodiscard]] duration latency(std::size_t k) const noexcept {
    return k < own ? lan : (k < cloud() ? cross : wan);
  }
  /// One way between two targets.
  [[nodiscard]] duration between(std::size_t a, std::size_t b) const noexcept {
    if (a == cloud() || b == cloud()) return a == b ? duration{} : wan;
    return row_of(a) / own == row_of(b) / own ? lan : cross;
  }

  [[nodiscard]] target_state operator[](std::size_t k) const noexcept {
    const std::size_t r = row_of(k);
    const target_table::row& row = table->rows[r];
    const target_table::cell& cell = table->cells[r * table->services + index_of(request.service)];
    target_state s;
    s.kind = kind(k);
    s.replicas = cell.replicas;
    s.busy = cell.busy;
    s.waiting = cell.waiting;
    s.queue_length = row.queue_length;
    s.running = row.running;
    s.backlog = {at_speed(cell.work_waiting, row.speed) + cell.finish_sum -
                 static_cast<std::int64_t>(cell.busy) * now.us};
    s.latency = latency(k);
    s.speed = row.speed;
    s.cpu_total = static_cast<double>(row.cpu_total) * 1e-3;
    s.cpu_free = static_cast<double>(row.cpu_total - row.cpu_used) * 1e-3;
    s.memory_total = static_cast<double>(row.memory_total) * 1e-3;
    s.memory_free = static_cast<double>(row.memory_total - row.memory_used) * 1e-3;
    return s;
  }

  /// When the answer would be back from target k if it served this service in order, at once
  /// where a replica is idle, else after the backlog shared by its replicas; `never` without one.
  [[nodiscard]] instant estimated_answer(std::size_t k) const noexcept {
    const target_state s = (*this)[k];
    if (s.replicas == 0) return never;
    std::int64_t wait = 0;
    if (s.idle() == 0) {
      // The request travels while the backlog is worked off.
      wait = s.backlog.us / static_cast<std::int64_t>(s.replicas) - s.latency.us;
      if (wait < 0) wait = 0;
    }
    return now + s.latency * 2 + duration{wait + at_speed(request.work.us, s.speed)};
  }

  /// Time that `work` (us at speed 1) takes at `speed`, to the nearest microsecond.
  [[nodiscard]] static std::int64_t at_speed(std::int64_t work, double speed) noexcept {
    if (speed == 1.0) return work;
    return static_cast<std::int64_t>(static_cast<double>(work) / speed + 0.5);
  }
};

}  // namespace muster::inline MUSTER_ABI
