// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::trace::detail {

/// Divides the values by their mean; false, and nothing is changed, when they have none above 0.
inline bool to_mean_one(std::span<double> values) noexcept {
  double sum = 0.0;
  for (const double v : values) sum += v;
  const double mean = sum / static_cast<double>(values.size());
  if (!(mean > 0.0)) return false;  // also where there are no values
  for (double& v : values) v /= mean;
  return true;
}

/// The hours of a day as a clock that runs faster where more tasks arrive.
///
/// Equation  count(t) = integral of the hourly intensity from 0 to t, so count(day) = day;
///           at(n) = the first t with count(t) >= n
/// Idea      arrivals that are even in `count` have the daily pattern in `t`, and the other way
///           round: `count` takes the pattern out of the gaps of a trace, `at` puts it back.
class daily_profile {
 public:
  /// 24 intensities >= 0 with mean 1, and the length of a day in seconds.
  daily_profile(const std::array<double, 24>& hourly, double day) noexcept
      : hourly_{hourly}, day_{day}, hour_{day / 24.0} {
    for (std::size_t h = 0; h < 24; ++h) before_[h + 1] = before_[h] + hourly_[h] * hour_;
  }

  [[nodiscard]] double count(double t) const noexcept {
    const double days = std::floor(t / day_);
    const double rest = t - days * day_;
    const std::size_t h = hour_of(rest);
    return days * before_[24] + before_[h] + hourly_[h] * (rest - static_cast<double>(h) * hour_);
  }
  [[nodiscard]] double at(double n) const noexcept {
    const double days = std::floor(n / before_[24]);
    const double rest = n - days * before_[24];
    std::size_t h = 0;
    while (h < 23 && (before_[h + 1] < rest || hourly_[h] <= 0.0)) ++h;
    const double into = hourly_[h] > 0.0 ? (rest - before_[h]) / hourly_[h] : 0.0;
    return days * day_ + static_cast<double>(h) * hour_ + (std::min)((std::max)(into, 0.0), hour_);
  }
  /// How much of the time from 0 to t lies in hour h of a day.
  [[nodiscard]] double time_in(std::size_t h, double t) const noexcept {
    const double days = std::floor(t / day_);
    const double into = t - days * day_ - static_cast<double>(h) * hour_;
    return days * hour_ + (std::min)((std::max)(into, 0.0), hour_);
  }
  /// The hour, 0 to 23, at time t.
  [[nodiscard]] std::size_t hour_at(double t) const noexcept {
    return hour_of(t - std::floor(t / day_) * day_);
  }

 private:
  [[nodiscard]] std::size_t hour_of(double rest) const noexcept {
    return (std::min)(static_cast<std::size_t>((std::max)(rest, 0.0) / hour_), std::size_t{23});
  }

  std::array<double, 24> hourly_;
  double day_;
  double hour_;
  std::array<double, 25> before_{};  // intensity times seconds, up to each hour
};

}  // namespace muster::inline MUSTER_ABI::trace::detail
