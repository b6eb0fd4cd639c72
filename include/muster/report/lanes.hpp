// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::report {

/// Spreads overlapping intervals over as few lanes as possible, so that bars drawn on one
/// lane never cover each other.
///
/// Idea    take intervals by start time; each goes to the lowest lane that is free by then.
///         The number of lanes used is the largest number of intervals that overlap, which
///         no other assignment can undercut (interval graphs are perfect).
/// Ties    an interval may start at the instant at which its lane becomes free.
/// Cost    O(lanes) per interval; allocates when a lane is added.
class lanes {
 public:
  /// The lane for [start, finish]; call in order of start, with finish >= start.
  std::uint32_t place(instant start, instant finish) {
    MUSTER_EXPECTS(start >= latest_start_,
                   "muster: report::lanes got intervals out of order; sort them by start");
    MUSTER_EXPECTS(finish >= start,
                   "muster: report::lanes got an interval that ends before it starts; swap them");
    latest_start_ = start;
    for (std::size_t i = 0; i < free_from_.size(); ++i) {
      if (free_from_[i] <= start) {
        free_from_[i] = finish;
        return static_cast<std::uint32_t>(i);
      }
    }
    free_from_.push_back(finish);
    return static_cast<std::uint32_t>(free_from_.size() - 1);
  }

  [[nodiscard]] std::size_t count() const noexcept { return free_from_.size(); }

 private:
  std::vector<instant> free_from_;
  instant latest_start_{(std::numeric_limits<std::int64_t>::min)()};
};

}  // namespace muster::inline MUSTER_ABI::report
