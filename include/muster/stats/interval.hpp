// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::stats {

/// A closed range of real numbers, such as a confidence interval.
struct interval {
  double low = 0.0;
  double high = 0.0;  ///< >= low

  [[nodiscard]] constexpr double width() const noexcept { return high - low; }
  [[nodiscard]] constexpr bool contains(double x) const noexcept { return low <= x && x <= high; }
  friend constexpr bool operator==(const interval&, const interval&) = default;
};

}  // namespace muster::inline MUSTER_ABI::stats
