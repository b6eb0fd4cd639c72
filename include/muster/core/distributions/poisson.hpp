// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include <muster/core/contracts.hpp>
#include <muster/core/distributions/continuous.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI {

namespace detail {

/// log(n!) - log(sqrt(2 pi n) (n/e)^n): the error of Stirling's formula, n >= 1.
[[nodiscard]] inline double stirling_error(double n) noexcept {
  static constexpr double exact[16] = {0.0,
                                       0.08106146679532726,
                                       0.0413406959554093,
                                       0.02767792568499834,
                                       0.020790672103765093,
                                       0.016644691189821193,
                                       0.013876128823070748,
                                       0.01189670994589177,
                                       0.010411265261972096,
                                       0.009255462182712733,
                                       0.00833056343336287,
                                       0.007573675487951841,
                                       0.00694284010720953,
                                       0.006408994188004207,
                                       0.0059513701127588475,
                                       0.005554733551962801};
  if (n < 16.0) return exact[static_cast<int>(n)];
  const double s = 1.0 / (n * n);
  return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - s / 1188) * s) * s) * s) / n;
}

/// k log(k / mean) + mean - k, without the cancellation that the words suggest.
[[nodiscard]] inline double deviance(double k, double mean) noexcept {
  const double gap = k - mean;
  if (std::fabs(gap) >= 0.1 * (k + mean)) return k * std::log(k / mean) + mean - k;
  const double v = gap / (k + mean);
  double sum = gap * v;
  double term = 2.0 * k * v;
  for (int j = 3; j < 2000; j += 2) {
    term *= v * v;
    const double next = sum + term / j;
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

/// log P(X = k) for a Poisson X, to about 15 digits for every mean.
[[nodiscard]] inline double poisson_log_probability(double k, double mean) noexcept {
  if (k <= 0.0) return -mean;
  constexpr double two_pi = 6.283185307179586;
  return -0.5 * std::log(two_pi * k) - stirling_error(k) - deviance(k, mean);
}

}  // namespace detail

/// Number of events in a Poisson process of the given mean.
///
/// Idea    below a mean of 10 invert the distribution function from 0 upwards (one number per
///         draw); above it transformed rejection, whose cost does not grow with the mean.
///         Neither approximates: rejection compares with the exact probability, in the
///         saddle-point form that does not lose digits at large means.
/// Source  W. Hoermann: The transformed rejection method for generating Poisson random
///         variables, Insurance: Mathematics and Economics 12, 1993 (algorithm PTRS);
///         probability as in C. Loader: Fast and accurate computation of binomial
///         probabilities, 2000.
/// Cost    O(mean) below 10, else constant: about 1.2 tries of two numbers.
struct poisson {
  double mean = 1.0;  ///< expected number, 0 <= mean <= 1e15

  [[nodiscard]] std::uint64_t operator()(rng& g) const noexcept {
    MUSTER_EXPECTS(mean >= 0.0 && mean <= 1e15,
                   "muster: poisson has no such mean; write 0 <= mean <= 1e15");
    return mean < 10.0 ? by_inversion(g) : by_rejection(g);
  }

 private:
  [[nodiscard]] std::uint64_t by_inversion(rng& g) const noexcept {
    double left = uniform01(g);
    double p = std::exp(-mean);
    std::uint64_t k = 0;
    while (left >= p) {
      left -= p;
      ++k;
      p *= mean / static_cast<double>(k);
      if (p < 0x1.0p-70 && static_cast<double>(k) > mean) break;  // what is left is rounding
    }
    return k;
  }

  [[nodiscard]] std::uint64_t by_rejection(rng& g) const noexcept {
    const double b = 0.931 + 2.53 * std::sqrt(mean);
    const double a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    const double kept_at_once = 0.9277 - 3.6224 / (b - 2.0);
    for (;;) {
      const double u = uniform_open01(g) - 0.5;
      const double v = uniform_open01(g);
      const double edge = 0.5 - std::fabs(u);
      const double k = std::floor((2.0 * a / edge + b) * u + mean + 0.43);
      if (edge >= 0.07 && v <= kept_at_once) return static_cast<std::uint64_t>(k);
      if (k < 0.0 || (edge < 0.013 && v > edge)) continue;
      if (std::log(v * inverse_alpha / (a / (edge * edge) + b)) <=
          detail::poisson_log_probability(k, mean)) {
        return static_cast<std::uint64_t>(k);
      }
    }
  }
};

}  // namespace muster::inline MUSTER_ABI
