// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/job.hpp>

namespace muster::inline MUSTER_ABI::sim {

/// Amounts are held in whole thousandths (of a core, of a GB): what is taken and given back a
/// million times still sums to exactly nothing.
[[nodiscard]] constexpr std::int64_t thousandths(double amount) noexcept {
  return static_cast<std::int64_t>(amount * 1000.0 + (amount < 0.0 ? -0.5 : 0.5));
}

/// A machine with cores, memory and replicas of services, and what of them is in use.
///
/// Meaning   a replica runs one job at a time and needs `replica_memory` while it exists; a job
///           holds its cores and memory while it runs.
/// Always    0 <= cores in use <= cores, the same for memory; 0 <= busy(s) <= replicas(s).
///           What would break this is refused with false (too much) or is a broken precondition
///           (giving back what was not taken).
/// Cost      O(1) per call; allocates in the constructor only.
class node {
 public:
  struct config {
    double cores = 4.0;           ///< > 0
    double memory = 16.0;         ///< GB; > 0
    std::size_t services = 12;    ///< ids 0 .. services - 1
    double replica_memory = 0.0;  ///< GB of a replica, idle or not; >= 0
  };

  node() : node(config{}) {}
  explicit node(config c)
      : cores_{thousandths(c.cores)},
        memory_{thousandths(c.memory)},
        replica_memory_{thousandths(c.replica_memory)},
        replicas_(c.services) {
    MUSTER_EXPECTS(c.cores > 0.0 && c.memory > 0.0 && c.replica_memory >= 0.0,
                   "muster: sim::node needs cores > 0, memory > 0 and replica_memory >= 0");
  }

  /// Adds an idle replica; false when its memory does not fit.
  [[nodiscard]] bool add_replica(service_id s) noexcept {
    if (memory_used_ + replica_memory_ > memory_) return false;
    memory_used_ += replica_memory_;
    ++at(s).count;
    return true;
  }
  /// Removes an idle replica; false when all are busy or there is none.
  [[nodiscard]] bool remove_replica(service_id s) noexcept {
    if (idle(s) == 0) return false;
    memory_used_ -= replica_memory_;
    --at(s).count;
    return true;
  }

  /// Whether `j` could start now: an idle replica, and cores and memory enough.
  [[nodiscard]] bool can_start(const job& j) const noexcept {
    return idle(j.service) > 0 && cores_used_ + thousandths(j.cpu) <= cores_ &&
           memory_used_ + thousandths(j.memory) <= memory_;
  }
  /// Takes what `j` holds while it runs; false, and nothing taken, when it cannot start.
  [[nodiscard]] bool start(const job& j) noexcept {
    MUSTER_EXPECTS(j.cpu >= 0.0F && j.memory >= 0.0F,
                   "muster: sim::node: a job holds a negative amount; write cpu >= 0, memory >= 0");
    if (!can_start(j)) return false;
    cores_used_ += thousandths(j.cpu);
    memory_used_ += thousandths(j.memory);
    ++at(j.service).busy;
    return true;
  }
  /// Gives it back.
  void finish(const job& j) noexcept {
    MUSTER_EXPECTS(at(j.service).busy > 0 && cores_used_ >= thousandths(j.cpu) &&
                       memory_used_ >= thousandths(j.memory),
                   "muster: sim::node: a job finishes that did not start here");
    cores_used_ -= thousandths(j.cpu);
    memory_used_ -= thousandths(j.memory);
    --at(j.service).busy;
  }

  [[nodiscard]] std::uint32_t replicas(service_id s) const noexcept { return at(s).count; }
  [[nodiscard]] std::uint32_t busy(service_id s) const noexcept { return at(s).busy; }
  [[nodiscard]] std::uint32_t idle(service_id s) const noexcept { return at(s).count - at(s).busy; }
  [[nodiscard]] std::int64_t cores_in_use() const noexcept { return cores_used_; }    ///< 1/1000
  [[nodiscard]] std::int64_t memory_in_use() const noexcept { return memory_used_; }  ///< MB
  [[nodiscard]] std::int64_t cores_free() const noexcept { return cores_ - cores_used_; }
  [[nodiscard]] std::int64_t memory_free() const noexcept { return memory_ - memory_used_; }

 private:
  struct pool {
    std::uint32_t count = 0;
    std::uint32_t busy = 0;
  };

  [[nodiscard]] const pool& at(service_id s) const noexcept {
    MUSTER_EXPECTS(index_of(s) < replicas_.size(),
                   "muster: sim::node does not know this service; raise config::services");
    return replicas_[index_of(s)];
  }
  [[nodiscard]] pool& at(service_id s) noexcept {
    return const_cast<pool&>(static_cast<const node&>(*this).at(s));
  }

  std::int64_t cores_;
  std::int64_t memory_;
  std::int64_t replica_memory_;
  std::int64_t cores_used_ = 0;
  std::int64_t memory_used_ = 0;
  std::vector<pool> replicas_;
};

}  // namespace muster::inline MUSTER_ABI::sim
