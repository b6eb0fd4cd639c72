// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/stats/summary.hpp>

namespace muster::inline MUSTER_ABI::stats {

/// Mean of the middle half: not moved by a few lucky or failed runs, yet not as wasteful of
/// data as the median.
///
/// Equation   IQM = (2/n) sum_i w_i x_(i),  w_i = length of [i, i+1] within [n/4, 3n/4]
/// Symbols    x_(i) the sorted values, i from 0. Where n/4 is not whole the values at the two
///            ends count in part; where it is, this is the 25 % trimmed mean.
/// Source     the aggregate recommended in R. Agarwal et al.: Deep reinforcement learning at
///            the edge of the statistical precipice, NeurIPS 2021.
/// Cost       O(n log n), copies the values.
[[nodiscard]] inline double interquartile_mean(std::span<const double> x) {
  MUSTER_EXPECTS(!x.empty(), "muster: interquartile_mean of nothing; write at least one value");
  std::vector<double> sorted(x.begin(), x.end());
  std::sort(sorted.begin(), sorted.end());
  const double from = static_cast<double>(sorted.size()) * 0.25;
  const double to = static_cast<double>(sorted.size()) * 0.75;
  return pairwise_sum(sorted.size(),
                      [&](std::size_t i) {
                        const double left = (std::max)(from, static_cast<double>(i));
                        const double right = (std::min)(to, static_cast<double>(i + 1));
                        return right > left ? (right - left) * sorted[i] : 0.0;
                      }) /
         (to - from);
}

}  // namespace muster::inline MUSTER_ABI::stats
