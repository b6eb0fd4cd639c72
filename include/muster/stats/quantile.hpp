// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::stats {

/// The quantile of a sorted sample, definition 7.
///
/// Equation   h = q (n - 1);  Q(q) = x_i + (h - i)(x_(i+1) - x_i),  i = floor(h), x from 0
/// Source     R. Hyndman, Y. Fan: Sample quantiles in statistical packages, The American
///            Statistician 50(4), 1996; the default of R and NumPy.
/// Symbols    q in [0, 1]: 0 is the least value, 0.5 the median, 1 the greatest.
/// Cost       O(1), no allocation. The values must be sorted upwards and not be NaN.
[[nodiscard]] inline double quantile_sorted(std::span<const double> x, double q) {
  MUSTER_EXPECTS(!x.empty(), "muster: quantile of nothing; write at least one value");
  MUSTER_EXPECTS(q >= 0.0 && q <= 1.0, "muster: quantile has no such level; write 0 <= q <= 1");
  const double h = q * static_cast<double>(x.size() - 1);
  const auto i = static_cast<std::size_t>(h);
  if (i + 1 >= x.size()) return x.back();
  const double part = h - static_cast<double>(i);
  // Not a (1 - part) + b part: this form returns exactly a where both are equal.
  return part == 0.0 ? x[i] : x[i] + part * (x[i + 1] - x[i]);
}

/// The same of values in any order, which it rearranges; O(n) on average, no allocation.
[[nodiscard]] inline double quantile_in_place(std::span<double> x, double q) {
  MUSTER_EXPECTS(!x.empty(), "muster: quantile of nothing; write at least one value");
  MUSTER_EXPECTS(q >= 0.0 && q <= 1.0, "muster: quantile has no such level; write 0 <= q <= 1");
  const double h = q * static_cast<double>(x.size() - 1);
  const auto i = static_cast<std::size_t>(h);
  const auto at = x.begin() + static_cast<std::ptrdiff_t>(i);
  std::nth_element(x.begin(), at, x.end());
  const double part = h - static_cast<double>(i);
  if (part == 0.0 || i + 1 >= x.size()) return x[i];
  return x[i] + part * (*std::min_element(at + 1, x.end()) - x[i]);
}

/// The same of values in any order, left as they are; copies them.
[[nodiscard]] inline double quantile(std::span<const double> x, double q) {
  std::vector<double> copy(x.begin(), x.end());
  return quantile_in_place(copy, q);
}

/// Median: quantile 0.5, the mean of the two middle values when their number is even.
[[nodiscard]] inline double median(std::span<const double> x) { return quantile(x, 0.5); }

}  // namespace muster::inline MUSTER_ABI::stats
