// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

/// What tests of random numbers need: goodness of fit at the 99.9 % level and moment bands.
/// Written apart from muster::stats, so that the two can check each other.
namespace support {

/// Whether the sample could come from the distribution function `cdf` (Kolmogorov-Smirnov).
template <class Cdf>
[[nodiscard]] bool fits(std::vector<double> sample, Cdf cdf) {
  std::sort(sample.begin(), sample.end());
  const auto n = static_cast<double>(sample.size());
  double worst = 0.0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double f = cdf(sample[i]);
    worst = std::max({worst, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  return worst * std::sqrt(n) < 1.9495;  // P(sup |B| > 1.9495) = 0.001
}

/// The 99.9 % point of chi-square (Wilson and Hilferty).
[[nodiscard]] inline double chi_square_limit(std::size_t degrees) {
  const double k = static_cast<double>(degrees);
  const double root = 1.0 - 2.0 / (9.0 * k) + 3.0902 * std::sqrt(2.0 / (9.0 * k));
  return k * root * root * root;
}

/// Whether counts[i] of n draws fit probabilities p[i] (Pearson). Neighbouring cells are put
/// together until each expects at least 8; the rest of probability is one more cell.
[[nodiscard]] inline bool fits(const std::vector<std::uint64_t>& counts,
                               const std::vector<double>& p) {
  double n = 0.0, total = 0.0;
  for (const auto c : counts) n += static_cast<double>(c);
  for (const auto q : p) total += q;
  std::vector<std::pair<double, double>> cells;  // expected, seen
  double expected = 0.0, seen = 0.0;
  for (std::size_t i = 0; i < std::max(counts.size(), p.size()); ++i) {
    expected += i < p.size() ? p[i] * n : 0.0;
    seen += i < counts.size() ? static_cast<double>(counts[i]) : 0.0;
    if (expected >= 8.0) {
      cells.emplace_back(expected, seen);
      expected = seen = 0.0;
    }
  }
  expected += std::max(0.0, 1.0 - total) * n;
  if (expected >= 8.0 || cells.empty()) {
    cells.emplace_back(expected, seen);
  } else {
    cells.back().first += expected;
    cells.back().second += seen;
  }
  double statistic = 0.0;
  for (const auto& [e, s] : cells) statistic += (s - e) * (s - e) / e;
  return statistic < chi_square_limit(cells.size() - 1);
}

/// Whether mean and variance of a sample lie in their 99.9 % bands around the true values;
/// `fourth` is the fourth central moment.
[[nodiscard]] inline bool moments_fit(const std::vector<double>& sample, double mean,
                                      double variance, double fourth) {
  const auto n = static_cast<double>(sample.size());
  double sum = 0.0, squares = 0.0;
  for (const double x : sample) sum += x;
  for (const double x : sample) squares += (x - mean) * (x - mean);
  return std::fabs(sum / n - mean) < 3.2905 * std::sqrt(variance / n) &&
         std::fabs(squares / n - variance) < 3.2905 * std::sqrt((fourth - variance * variance) / n);
}

/// Regularised lower incomplete gamma function P(a, x), by its power series.
[[nodiscard]] inline double gamma_p(double a, double x) {
  if (x <= 0.0) return 0.0;
  double term = 1.0 / a, sum = term;
  for (int n = 1; n < 10000 && term > sum * 1e-17; ++n) sum += (term *= x / (a + n));
  return sum * std::exp(a * std::log(x) - x - std::lgamma(a));
}

template <class Draw>
[[nodiscard]] std::vector<double> sample(std::size_t n, Draw draw) {
  std::vector<double> values(n);
  for (double& x : values) x = static_cast<double>(draw());
  return values;
}

}  // namespace support
