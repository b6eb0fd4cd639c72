// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/ids.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::queue {

/// What each service is expected to take, learned from completions.
///
/// Idea      an exponentially smoothed estimate that follows slowly, beside the plain mean of
///           the last few completions that follows at once.
/// Source    KMPS, section III-A-3: equation 3 and Algorithm 1, lines 22 and 23. The paper gives
///           lambda = 0.8; the window of 10 and the first estimate of 2.5 s are the released
///           program's.
/// Equation  (3)  E_w <- lambda E_w + (1 - lambda) T_w, once per completion
///           mean_w = average of the last `window` T_w
/// Symbols   E_w = estimate(w), T_w = the measured time, lambda = config::smoothing
/// Choice    before anything is known E_w = cold_start. The first completion replaces it
///           (`replace_cold_start`), as released: 2.5 s is a guess, not a measurement, and (3)
///           would carry it along for ten completions. Set it to false for the bare equation.
/// Cost      O(1) per call; memory is taken in the constructor only.
class service_estimate {
 public:
  struct config {
    std::size_t services = 12;                 ///< ids 0 .. services - 1; >= 1
    double smoothing = 0.8;                    ///< lambda, the weight of the past, in [0, 1)
    duration cold_start = milliseconds(2500);  ///< estimate before the first completion; >= 0
    std::size_t window = 10;                   ///< completions in the mean; >= 1
    bool replace_cold_start = true;            ///< the first completion becomes the estimate
  };

  service_estimate() : service_estimate(config{}) {}
  explicit service_estimate(config c) : config_{c}, services_(c.services) {
    MUSTER_EXPECTS(c.services >= 1 && c.window >= 1,
                   "muster: queue::service_estimate needs services >= 1 and window >= 1");
    MUSTER_EXPECTS(
        c.smoothing >= 0.0 && c.smoothing < 1.0,
        "muster: queue::service_estimate smoothing is outside [0, 1); the paper has 0.8");
    recent_.resize(c.services * c.window);
    reset();
  }

  /// Forgets every completion.
  void reset() noexcept {
    for (one& s : services_) s = one{static_cast<double>(config_.cold_start.us), 0, 0};
  }

  /// A job of `service` took `measured` (>= 0), from being taken out of the queue to its answer.
  void observe(service_id service, duration measured) noexcept {
    MUSTER_EXPECTS(
        measured.us >= 0,
        "muster: queue::service_estimate: a job took less than no time; pass end - start");
    one& s = at(service);
    std::int64_t& oldest = recent_[index_of(service) * config_.window + s.seen % config_.window];
    if (s.seen >= config_.window) s.window_sum -= oldest;
    oldest = measured.us;
    s.window_sum += measured.us;  // integers, so adding and removing leaves no residue
    const auto t = static_cast<double>(measured.us);
    s.estimate = s.seen == 0 && config_.replace_cold_start
                     ? t
                     : config_.smoothing * s.estimate + (1.0 - config_.smoothing) * t;
    ++s.seen;
  }

  /// E_w in microseconds, not rounded: what queues compare.
  [[nodiscard]] double estimate_us(service_id service) const noexcept {
    return at(service).estimate;
  }
  /// E_w, rounded up to a whole microsecond.
  [[nodiscard]] duration estimate(service_id service) const noexcept {
    return round_up(at(service).estimate);
  }
  /// Mean of the last `window` completions, rounded up; zero while there was none.
  [[nodiscard]] duration window_mean(service_id service) const noexcept {
    const one& s = at(service);
    if (s.seen == 0) return {};
    const auto n = static_cast<double>(s.seen < config_.window ? s.seen : config_.window);
    return round_up(static_cast<double>(s.window_sum) / n);
  }
  /// Completions of `service` seen so far.
  [[nodiscard]] std::uint64_t completions(service_id service) const noexcept {
    return at(service).seen;
  }
  [[nodiscard]] const config& settings() const noexcept { return config_; }

 private:
  struct one {
    double estimate = 0.0;  // microseconds
    std::int64_t window_sum = 0;
    std::uint64_t seen = 0;
  };

  [[nodiscard]] static duration round_up(double us) noexcept {
    const auto whole = static_cast<std::int64_t>(us);
    return microseconds(whole + (static_cast<double>(whole) < us ? 1 : 0));
  }
  [[nodiscard]] const one& at(service_id service) const noexcept {
    MUSTER_EXPECTS(index_of(service) < services_.size(),
                   "muster: queue::service_estimate does not know this service; raise "
                   "config::services");
    return services_[index_of(service)];
  }
  [[nodiscard]] one& at(service_id service) noexcept {
    return const_cast<one&>(static_cast<const service_estimate&>(*this).at(service));
  }

  config config_;
  std::vector<one> services_;
  std::vector<std::int64_t> recent_;  // a ring of `window` measurements per service
};

}  // namespace muster::inline MUSTER_ABI::queue
