// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::stats {

/// f(0) + f(1) + ... + f(n - 1), added in pairs.
///
/// Idea         halve the range until 16 terms are left, add those in order, then add the
///              halves: the rounding error grows with log n and not with n.
/// Determinism  the tree depends on n only, so neither threads nor vector units change a bit.
/// Cost         O(n), no allocation, recursion depth log2(n / 16).
template <class F>
[[nodiscard]] constexpr double pairwise_sum(std::size_t n, const F& f, std::size_t first = 0) {
  if (n <= 16) {
    double total = 0.0;
    for (std::size_t i = first; i < first + n; ++i) total += static_cast<double>(f(i));
    return total;
  }
  const std::size_t half = n / 2;
  return pairwise_sum(half, f, first) + pairwise_sum(n - half, f, first + half);
}

/// Pairwise sum of the values; 0 when there are none.
template <class T>
[[nodiscard]] constexpr double sum(std::span<const T> x) {
  return pairwise_sum(x.size(), [&](std::size_t i) { return x[i]; });
}
[[nodiscard]] constexpr double sum(std::span<const double> x) { return sum<double>(x); }

/// Arithmetic mean of at least one value.
[[nodiscard]] constexpr double mean(std::span<const double> x) {
  MUSTER_EXPECTS(!x.empty(), "muster: mean of nothing is not defined; write at least one value");
  return sum(x) / static_cast<double>(x.size());
}

/// Sample variance, divided by n - 1, from the squared distances to the mean (two passes); 0
/// for a single value.
[[nodiscard]] constexpr double variance(std::span<const double> x) {
  const double centre = mean(x);
  if (x.size() < 2) return 0.0;
  return pairwise_sum(x.size(), [&](std::size_t i) { return (x[i] - centre) * (x[i] - centre); }) /
         static_cast<double>(x.size() - 1);
}

/// Sample standard deviation: the square root of `variance`.
[[nodiscard]] inline double sd(std::span<const double> x) { return std::sqrt(variance(x)); }

/// What a table shows of one column.
struct summary {
  std::size_t count = 0;
  double mean = 0.0;
  double sd = 0.0;  ///< sample standard deviation, n - 1; 0 for a single value
  double minimum = 0.0;
  double maximum = 0.0;
};

/// The summary of the values; all zeros when there are none.
[[nodiscard]] inline summary summarise(std::span<const double> x) {
  if (x.empty()) return {};
  summary s{x.size(), mean(x), sd(x), x[0], x[0]};
  for (const double v : x) {
    if (v < s.minimum) s.minimum = v;
    if (v > s.maximum) s.maximum = v;
  }
  return s;
}

}  // namespace muster::inline MUSTER_ABI::stats
