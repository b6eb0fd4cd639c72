// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/distributions/continuous.hpp>
#include <muster/core/rng.hpp>
#include <muster/stats/interval.hpp>
#include <muster/stats/quantile.hpp>
#include <muster/stats/summary.hpp>

namespace muster::inline MUSTER_ABI::stats {

/// How the ends of a bootstrap interval are read off the resampled statistics.
enum class bootstrap_method : std::uint8_t {
  percentile,  ///< their quantiles as they are
  bca,         ///< corrected for bias and for a spread that changes with the value
};

struct bootstrap_config {
  std::size_t resamples = 10000;  ///< >= 1; the ends of a 95 % interval want 1000 or more
  double level = 0.95;            ///< probability of covering, in (0, 1)
  bootstrap_method method = bootstrap_method::bca;
};

/// The acceleration of BCa: a sixth of the skewness of the statistic, by leaving out one value
/// at a time. 0 where the statistic does not move.
template <class Statistic>
[[nodiscard]] double bootstrap_acceleration(std::span<const double> x, const Statistic& statistic) {
  const std::size_t n = x.size();
  if (n < 2) return 0.0;
  std::vector<double> rest(x.begin() + 1, x.end());
  std::vector<double> without(n);
  for (std::size_t i = 0; i < n; ++i) {
    without[i] = statistic(std::span<const double>{rest});
    if (i + 1 < n) rest[i] = x[i];  // puts value i back in the place of value i + 1
  }
  const double centre = mean(without);
  const auto d = [&](std::size_t i) { return centre - without[i]; };
  const double squares = pairwise_sum(n, [&](std::size_t i) { return d(i) * d(i); });
  const double cubes = pairwise_sum(n, [&](std::size_t i) { return d(i) * d(i) * d(i); });
  return squares > 0.0 ? cubes / (6.0 * squares * std::sqrt(squares)) : 0.0;
}

/// A confidence interval for `statistic(x)`, found by drawing from x itself with replacement.
///
///     stats::bootstrap_interval(x, [](auto v) { return stats::mean(v); }, generator)
///
/// Equation   percentile: quantiles alpha and 1 - alpha of the resampled statistics, 2 alpha =
///            1 - level.  BCa: quantiles a1, a2 = Phi(z0 + (z0 + z) / (1 - a (z0 + z))) at z =
///            -+Phi^-1(1 - alpha), z0 = Phi^-1(share of resampled statistics below the
///            original), a = bootstrap_acceleration.
/// Source     B. Efron, R. Tibshirani: An introduction to the bootstrap, 1993, chapters 13, 14.
/// Choices    quantiles by definition 7; in z0 a resampled statistic equal to the original
///            counts half (matters for medians); a share of 0 or 1 becomes half a resample, so
///            that z0 stays finite.
/// Needs      at least one value; a single value, or equal ones, give an interval of width 0.
/// Cost       resamples calls of the statistic, plus n for BCa; allocates.
/// Determinism  resamples are drawn in order from the generator, n numbers or a few more each.
template <class Statistic>
[[nodiscard]] interval bootstrap_interval(std::span<const double> x, const Statistic& statistic,
                                          rng& g, bootstrap_config c = {}) {
  MUSTER_EXPECTS(!x.empty() && c.resamples > 0,
                 "muster: bootstrap_interval has nothing to draw; write at least one value and "
                 "one resample");
  MUSTER_EXPECTS(c.level > 0.0 && c.level < 1.0,
                 "muster: bootstrap_interval has no such level; write 0 < level < 1");
  std::vector<double> drawn(x.size());
  std::vector<double> values(c.resamples);
  for (double& value : values) {
    for (double& v : drawn) v = x[static_cast<std::size_t>(uniform_below(g, x.size()))];
    value = statistic(std::span<const double>{drawn});
  }
  std::sort(values.begin(), values.end());
  double low = 0.5 * (1.0 - c.level);
  double high = 1.0 - low;
  if (c.method == bootstrap_method::bca) {
    const double original = statistic(x);
    const auto [first, last] = std::equal_range(values.begin(), values.end(), original);
    const double below =
        static_cast<double>(first - values.begin()) + 0.5 * static_cast<double>(last - first);
    const auto total = static_cast<double>(c.resamples);
    const double share = (std::clamp)(below, 0.5, total - 0.5) / total;
    const double z0 = normal_quantile(share);
    const double a = bootstrap_acceleration(x, statistic);
    const auto corrected = [&](double z) {
      const double shift = z0 + z;
      const double room = 1.0 - a * shift;
      // Beyond the pole of the correction the formula turns back; the end is then the last one.
      if (room <= 0.0) return shift > 0.0 ? 1.0 : 0.0;
      return normal_probability(z0 + shift / room);
    };
    const double z = normal_quantile(high);
    low = corrected(-z);
    high = corrected(z);
  }
  return {quantile_sorted(values, low), quantile_sorted(values, high)};
}

}  // namespace muster::inline MUSTER_ABI::stats
