// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/queue/detail/pick_first.hpp>
#include <muster/queue/service_estimate.hpp>

namespace muster::inline MUSTER_ABI::queue {

/// Urgent from the moment on after which an expected run would end too late.
///
/// Equation  now + max(E_w, mean_w) >= deadline
/// Choice    KMPS says in prose "when now equals deadline - E", which falls between two passes
///           almost always; an inequality is flagged at the first pass after that moment. The
///           larger of both estimates is used because a lift too early costs less than one
///           too late.
struct urgent_by_estimate {
  [[nodiscard]] bool operator()(const service_estimate& e, const job& j,
                                instant now) const noexcept {
    const duration a = e.estimate(j.service);
    const duration b = e.window_mean(j.service);
    return now + (a < b ? b : a) >= j.deadline;
  }
};

/// Algorithm 1, line 24 of KMPS as printed: deadline - E_w <= mean_w.
///
/// The left side is a point of time, the right side a length, and `now` is absent: only jobs
/// with a deadline near the start of the simulation are ever urgent. Kept for comparison.
struct urgent_as_printed {
  [[nodiscard]] bool operator()(const service_estimate& e, const job& j, instant) const noexcept {
    return j.deadline - instant{} - e.estimate(j.service) <= e.window_mean(j.service);
  }
};

/// KMPS's time-series adaptive hybrid: shortest estimated first, urgent ones before all.
///
/// Idea      the estimate of each service orders the queue, which turns it over fast; a pass in
///           every long slot lifts jobs that would otherwise be late, so long ones are not
///           starved.
/// Source    KMPS (IEEE IoT-J 2025), section III-A-3, equation 3, Algorithm 1 lines 17, 21-27.
/// Equation  pick = argmin_i (not urgent_i, E_w(i)) ; urgent_i from the test `Urgency`
/// Symbols   E_w = estimates().estimate(w), w(i) = job::service, urgent_i = job::urgent
/// Choice    among urgent jobs the paper's "head of the queue" would let the last one found
///           overtake the others; here the earliest deadline goes first.
/// Cost      O(n) per pick and per pass, O(1) per observe, no allocation after construction.
/// Determinism  remaining ties go to the smaller id.
/// See       shortest_estimated (no lift), lift_urgent (the pass).
template <class Urgency>
class basic_adaptive_hybrid {
 public:
  using config = service_estimate::config;

  basic_adaptive_hybrid() = default;
  explicit basic_adaptive_hybrid(config c) : estimates_{c} {}

  [[nodiscard]] std::size_t pick(std::span<const job> waiting, instant) const noexcept {
    return detail::pick_least(waiting, [this](const job& j) {
      return j.urgent ? detail::estimate_key{-1.0, j.deadline.us, j.id}  // before every estimate
                      : detail::estimate_key{estimates_.estimate_us(j.service), 0, j.id};
    });
  }
  void observe(service_id service, duration measured) noexcept {
    estimates_.observe(service, measured);
  }
  /// Whether a waiting job must be lifted now; asked once per long slot.
  [[nodiscard]] bool urgent(const job& waiting, instant now) const noexcept {
    return Urgency{}(estimates_, waiting, now);
  }
  [[nodiscard]] const service_estimate& estimates() const noexcept { return estimates_; }
  void reset() noexcept { estimates_.reset(); }

 private:
  service_estimate estimates_;
};

using adaptive_hybrid = basic_adaptive_hybrid<urgent_by_estimate>;
using adaptive_hybrid_as_printed = basic_adaptive_hybrid<urgent_as_printed>;

static_assert(adaptive_dequeue_strategy<adaptive_hybrid>);
static_assert(urgency_dequeue_strategy<adaptive_hybrid>);

/// The pass of a long slot: lifts every job that has become urgent, each exactly once.
/// Returns how many were lifted now.
template <urgency_dequeue_strategy D>
std::size_t lift_urgent(const D& strategy, std::span<job> waiting, instant now) noexcept {
  std::size_t lifted = 0;
  for (job& j : waiting) {
    if (!j.urgent && strategy.urgent(j, now)) {
      j.urgent = true;
      ++lifted;
    }
  }
  return lifted;
}

}  // namespace muster::inline MUSTER_ABI::queue
