// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::adapters::probe {

/// The usual value of the last measurements, without the stray ones.
///
/// Idea         a round trip is now and then many times too long (a packet sent again, a thread
///              that had to wait), never much too short. A mean would remember each of these for
///              long; the median does not, and its own deviation says what is stray.
/// Source       F. Hampel: The influence curve and its role in robust estimation, 1974; the
///              factor 1.4826 makes the median absolute deviation that of a normal distribution.
/// Equation     m = median x_i, s = 1.4826 median |x_i - m|, kept: |x_i - m| <= k max(s, r),
///              estimate = mean of the kept
/// Symbols      k = `deviations`, r = `resolution`
/// Follows      a lasting change after half a window; before that the new values are the stray
///              ones.
/// Cost         O(window) expected for each question, no allocation after construction.
class outlier_filter {
 public:
  struct config {
    std::size_t window = 15;                 ///< measurements remembered; >= 1
    double deviations = 3.0;                 ///< k; > 0
    duration resolution = microseconds(50);  ///< r: differences below this are noise; >= 0
  };

  struct summary {
    duration time{};       ///< mean of what is kept
    duration median{};     ///< of all
    duration deviation{};  ///< 1.4826 x the median absolute deviation
    std::size_t kept = 0;
    std::size_t stray = 0;
  };

  outlier_filter() : outlier_filter(config{}) {}
  explicit outlier_filter(config c) : config_{c} {
    MUSTER_EXPECTS(c.window >= 1 && c.deviations > 0.0 && c.resolution.us >= 0,
                   "muster: probe::outlier_filter needs window >= 1, deviations > 0 and resolution "
                   ">= 0; the defaults are 15, 3 and 50 us");
    values_.reserve(c.window);
    scratch_.reserve(c.window);
  }

  void add(duration x) {
    if (values_.size() < config_.window) {
      values_.push_back(x.us);
    } else {
      values_[next_] = x.us;
    }
    next_ = (next_ + 1) % config_.window;
  }
  void clear() noexcept {
    values_.clear();
    next_ = 0;
  }
  /// Measurements in the window.
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }

  /// Asks for at least one measurement.
  [[nodiscard]] summary estimate() {
    MUSTER_EXPECTS(!values_.empty(),
                   "muster: probe::outlier_filter has no measurement yet; ask size() first");
    summary s;
    scratch_ = values_;
    const std::int64_t middle = median();
    for (std::size_t i = 0; i < values_.size(); ++i) scratch_[i] = distance(values_[i], middle);
    const double deviation = 1.4826 * static_cast<double>(median());
    const double limit =
        config_.deviations * (std::max)(deviation, static_cast<double>(config_.resolution.us));
    std::int64_t sum = 0;
    for (const std::int64_t x : values_) {
      if (static_cast<double>(distance(x, middle)) > limit) continue;
      sum += x;
      ++s.kept;
    }
    s.stray = values_.size() - s.kept;
    // The median itself may lie between two values that are both far from it.
    s.time = {s.kept > 0 ? sum / static_cast<std::int64_t>(s.kept) : middle};
    s.median = {middle};
    s.deviation = {static_cast<std::int64_t>(deviation + 0.5)};
    return s;
  }

 private:
  static std::int64_t distance(std::int64_t a, std::int64_t b) noexcept {
    return a < b ? b - a : a - b;
  }
  // Of scratch_, whose order it changes; of an even number the mean of the two in the middle.
  std::int64_t median() noexcept {
    const auto half = static_cast<std::ptrdiff_t>(scratch_.size() / 2);
    std::nth_element(scratch_.begin(), scratch_.begin() + half, scratch_.end());
    const std::int64_t upper = scratch_[static_cast<std::size_t>(half)];
    if (scratch_.size() % 2 == 1) return upper;
    const std::int64_t lower = *std::max_element(scratch_.begin(), scratch_.begin() + half);
    return lower + (upper - lower) / 2;
  }

  config config_;
  std::vector<std::int64_t> values_, scratch_;
  std::size_t next_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::adapters::probe
