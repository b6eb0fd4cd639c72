// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/core/contracts.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// How many requests per second are wanted over time: a constant with one surge.
///
/// Equation  r(t) = rate * (surge inside [begin, end) of the horizon, 1 outside)
///           count(t) = integral of r from 0 to t        at(n) = the t with count(t) = n
/// Idea      `at` warps time: points laid out evenly in `count` get the density r, and keep
///           their relative gaps, so the bursts of a trace survive.
struct rate_profile {
  double rate = 100.0;              ///< per second outside the surge; > 0
  double surge = 5.0;               ///< factor inside; > 0, 1 = no surge
  double begin = 0.4;               ///< of the horizon, in [0, end]
  double end = 0.6;                 ///< of the horizon, in [begin, 1]
  duration horizon = seconds(825);  ///< > 0

  [[nodiscard]] constexpr bool valid() const noexcept {
    return rate > 0.0 && rate < 1e12 && surge > 0.0 && surge < 1e12 && begin >= 0.0 &&
           begin <= end && end <= 1.0 && horizon.us > 0;
  }
  [[nodiscard]] constexpr double surge_begin() const noexcept { return begin * horizon.seconds(); }
  [[nodiscard]] constexpr double surge_end() const noexcept { return end * horizon.seconds(); }

  /// Requests per second at `seconds` into the horizon.
  [[nodiscard]] constexpr double operator()(double s) const noexcept {
    return s >= surge_begin() && s < surge_end() ? rate * surge : rate;
  }
  /// Requests expected from 0 to `s` seconds, also beyond the horizon.
  [[nodiscard]] constexpr double count(double s) const noexcept {
    MUSTER_EXPECTS(valid(),
                   "muster: trace::rate_profile needs rate > 0, surge > 0, 0 <= begin <= "
                   "end <= 1 and horizon > 0");
    const double b = surge_begin();
    const double e = surge_end();
    if (s <= b) return rate * s;
    if (s <= e) return rate * (b + surge * (s - b));
    return rate * (b + surge * (e - b) + (s - e));
  }
  /// Requests expected within the horizon.
  [[nodiscard]] constexpr double total() const noexcept { return count(horizon.seconds()); }
  /// Seconds until `n` requests are expected, n >= 0.
  [[nodiscard]] constexpr double at(double n) const noexcept {
    const double b = surge_begin();
    const double e = surge_end();
    const double at_rate_one = n / rate;
    const double in_surge = surge * (e - b);
    if (at_rate_one <= b) return at_rate_one;
    if (at_rate_one <= b + in_surge) return b + (at_rate_one - b) / surge;
    return e + (at_rate_one - b - in_surge);
  }
};

}  // namespace muster::inline MUSTER_ABI::trace
