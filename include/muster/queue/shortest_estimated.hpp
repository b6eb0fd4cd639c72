// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/queue/detail/pick_first.hpp>
#include <muster/queue/service_estimate.hpp>

namespace muster::inline MUSTER_ABI::queue {

/// Serves the job whose service is expected to take the shortest time.
///
/// Idea      shortest first gives the least mean wait; sizes are unknown, so each service type
///           stands for its members by an estimate learned from completions.
/// Source    KMPS, section III-A-3, equation 3, without the urgent lift.
/// Equation  pick = argmin_i E_w(i), E_w as in queue/service_estimate.hpp
/// Symbols   w(i) = job::service
/// Cost      O(n) per pick, O(1) per observe, no allocation after construction.
/// Determinism  equal estimates (so all jobs of one service) go to the smaller id.
/// Trap      a slow service starves while a faster one has work; adaptive_hybrid mends that.
class shortest_estimated {
 public:
  using config = service_estimate::config;

  shortest_estimated() = default;
  explicit shortest_estimated(config c) : estimates_{c} {}

  [[nodiscard]] std::size_t pick(std::span<const job> waiting, instant) const noexcept {
    return detail::pick_least(waiting, [this](const job& j) {
      return detail::estimate_key{estimates_.estimate_us(j.service), 0, j.id};
    });
  }
  void observe(service_id service, duration measured) noexcept {
    estimates_.observe(service, measured);
  }
  [[nodiscard]] const service_estimate& estimates() const noexcept { return estimates_; }
  void reset() noexcept { estimates_.reset(); }

 private:
  service_estimate estimates_;
};

static_assert(adaptive_dequeue_strategy<shortest_estimated>);

}  // namespace muster::inline MUSTER_ABI::queue
