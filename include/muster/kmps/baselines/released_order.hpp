// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/core/contracts.hpp>
#include <muster/queue/detail/pick_first.hpp>
#include <muster/queue/service_estimate.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// The queues of the authors' program: least allowance first, urgent ones before all.
///
/// Source    KMPS's published program. The paper orders by the estimate E instead; here E only
///           says what is urgent.
/// Equation  pick = argmin (not urgent, d - a, d);   urgent once now >= d - E_w
///           E_w = 2.5 s, then the first measured time, then E_w <- 0.8 E_w + 0.2 x mean of
///           the last 10; times are counted in whole slots
/// Symbols   d, a = job::deadline, job::arrival; E_w = estimate(w)
/// Differs   released: an urgent request at the head is sent past the policy, to an own node with
///           a free replica or to the cloud; here it goes first, and slot::rescheduler moves
///           those that wait at a target.
/// Cost      O(n) per pick, O(1) per observe, no allocation after construction.
/// Determinism  remaining ties go to the smaller id.
class released_order {
 public:
  struct config {
    std::size_t services = 12;                 ///< set by the pipeline
    double smoothing = 0.8;                    ///< weight of the past; [0, 1)
    duration cold_start = milliseconds(2500);  ///< E before the first completion
    std::size_t window = 10;                   ///< completions in the mean; >= 1
    duration slot = milliseconds(250);         ///< times are rounded up to its multiples; > 0
  };

  released_order() : released_order(config{}) {}
  explicit released_order(config c)
      : config_{c}, recent_{{.services = c.services, .window = c.window}}, estimates_(c.services) {
    MUSTER_EXPECTS(c.slot.us > 0 && c.smoothing >= 0.0 && c.smoothing < 1.0,
                   "muster: kmps::released_order needs slot > 0 and smoothing in [0, 1)");
    reset();
  }

  [[nodiscard]] std::size_t pick(std::span<const job> waiting, instant) const noexcept {
    return queue::detail::pick_least(waiting, [](const job& j) {
      return std::tuple{!j.urgent, (j.deadline - j.arrival).us, j.deadline.us, index_of(j.id)};
    });
  }
  void observe(service_id service, duration measured) noexcept {
    const std::int64_t slots = (measured.us + config_.slot.us - 1) / config_.slot.us;
    const bool first = recent_.completions(service) == 0;
    recent_.observe(service, config_.slot * slots);
    const auto mean = static_cast<double>(recent_.window_mean(service).us);
    double& e = estimates_[index_of(service)];
    e = first ? mean : config_.smoothing * e + (1.0 - config_.smoothing) * mean;
  }
  [[nodiscard]] bool urgent(const job& waiting, instant now) const noexcept {
    return static_cast<double>((waiting.deadline - now).us) <=
           estimates_[index_of(waiting.service)];
  }
  /// E of a service, us.
  [[nodiscard]] double estimate_us(service_id service) const noexcept {
    return estimates_[index_of(service)];
  }
  void reset() noexcept {
    recent_.reset();
    for (double& e : estimates_) e = static_cast<double>(config_.cold_start.us);
  }

 private:
  config config_;
  queue::service_estimate recent_;
  std::vector<double> estimates_;
};

static_assert(adaptive_dequeue_strategy<released_order> &&
              urgency_dequeue_strategy<released_order>);

}  // namespace muster::inline MUSTER_ABI::kmps
