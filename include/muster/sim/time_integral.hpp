// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <muster/core/contracts.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::sim {

/// The integral over time of a level that changes in steps: jobs in a queue, cores in use.
///
/// Equation  total(t) = integral of level from `start` to t, in level x microseconds
/// Exact     whole numbers only, so nothing is lost in an hour of small steps. Use a unit that
///           makes the level whole, such as thousandths of a core. Below 2^63: a level of a
///           million for 100 days.
/// Cost      O(1) per change, no allocation.
class time_integral {
 public:
  constexpr time_integral() noexcept = default;
  constexpr explicit time_integral(instant start, std::int64_t level = 0) noexcept
      : since_{start}, level_{level} {}

  /// The level is `level` from `now` on; time must not go back.
  constexpr void set(instant now, std::int64_t level) noexcept {
    total_ = total(now);
    since_ = now;
    level_ = level;
  }
  constexpr void add(instant now, std::int64_t difference) noexcept {
    set(now, level_ + difference);
  }

  [[nodiscard]] constexpr std::int64_t level() const noexcept { return level_; }
  /// Level x microseconds until `now`, which must not be before the last change.
  [[nodiscard]] constexpr std::int64_t total(instant now) const noexcept {
    MUSTER_EXPECTS(now >= since_, "muster: sim::time_integral: time went back; ask in order");
    return total_ + level_ * (now - since_).us;
  }
  /// Mean level from `start` to `now`; the level itself when no time has passed.
  [[nodiscard]] constexpr double mean(instant start, instant now) const noexcept {
    if (now <= start) return static_cast<double>(level_);
    return static_cast<double>(total(now)) / static_cast<double>((now - start).us);
  }

 private:
  instant since_{};
  std::int64_t level_ = 0;
  std::int64_t total_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::sim
