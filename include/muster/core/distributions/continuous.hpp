// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI {

/// Uniform in the open interval (0, 1): what a logarithm may be taken of.
///
/// The 2^52 midpoints (i + 1/2) 2^-52, so u and 1 - u are both possible and never 0 or 1.
[[nodiscard]] constexpr double uniform_open01(rng& g) noexcept {
  return (static_cast<double>(g() >> 12) + 0.5) * 0x1.0p-52;
}

/// The x with P(Z <= x) = p for a standard normal Z; 0 < p < 1.
///
/// Source  M. Wichura: Algorithm AS 241, the percentage points of the normal distribution,
///         Applied Statistics 37(3), 1988 (PPND16; relative error about 1e-16).
[[nodiscard]] inline double normal_quantile(double p) noexcept {
  MUSTER_EXPECTS(p > 0.0 && p < 1.0,
                 "muster: normal_quantile has no value at p outside (0, 1); write 0 < p < 1");
  const auto ratio = [](const double(&a)[8], const double(&b)[8], double r) noexcept {
    double above = a[7], below = b[7];
    for (int i = 6; i >= 0; --i) {
      above = above * r + a[i];
      below = below * r + b[i];
    }
    return above / below;
  };
  static constexpr double a[8] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                  1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                  4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                  3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr double b[8] = {1.0,
                                  4.2313330701600911252e+1,
                                  6.8718700749205790830e+2,
                                  5.3941960214247511077e+3,
                                  2.1213794301586595867e+4,
                                  3.9307895800092710610e+4,
                                  2.8729085735721942674e+4,
                                  5.2264952788528545610e+3};
  static constexpr double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                  5.76949722146069140550e0,  3.64784832476320460504e0,
                                  1.27045825245236838258e0,  2.41780725177450611770e-1,
                                  2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double d[8] = {1.0,
                                  2.05319162663775882187e0,
                                  1.67638483018380384940e0,
                                  6.89767334985100004550e-1,
                                  1.48103976427480074590e-1,
                                  1.51986665636164571966e-2,
                                  5.47593808499534494600e-4,
                                  1.05075007164441684324e-9};
  static constexpr double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                  1.78482653991729133580e0,  2.96560571828504891230e-1,
                                  2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                  2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double f[8] = {1.0,
                                  5.99832206555887937690e-1,
                                  1.36929880922735805310e-1,
                                  1.48753612908506148525e-2,
                                  7.86869131145613259100e-4,
                                  1.84631831751005468180e-5,
                                  1.42151175831644588870e-7,
                                  2.04426310338993978564e-15};
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) return q * ratio(a, b, 0.180625 - q * q);
  const double r = std::sqrt(-std::log(q < 0.0 ? p : 1.0 - p));
  const double x = r <= 5.0 ? ratio(c, d, r - 1.6) : ratio(e, f, r - 5.0);
  return q < 0.0 ? -x : x;
}

/// P(Z <= x) for a standard normal Z, right in the far tail too.
[[nodiscard]] inline double normal_probability(double x) noexcept {
  return 0.5 * std::erfc(x * -0.70710678118654752440);
}

/// Uniform in [lo, hi).
struct uniform {
  double lo = 0.0;  ///< finite
  double hi = 1.0;  ///< finite, > lo

  [[nodiscard]] double operator()(rng& g) const noexcept {
    MUSTER_EXPECTS(lo < hi, "muster: uniform has an empty range; write lo < hi");
    const double x = lo + (hi - lo) * uniform01(g);
    return x < hi ? x : std::nextafter(hi, lo);  // rounding may reach hi in a narrow range
  }
};

/// Waiting time of a Poisson process: P(X > x) = exp(-rate x). One number per draw.
struct exponential {
  double rate = 1.0;  ///< events per unit of time, > 0; the mean is 1 / rate

  [[nodiscard]] double operator()(rng& g) const noexcept {
    MUSTER_EXPECTS(rate > 0.0, "muster: exponential has no such rate; write rate > 0");
    return -std::log(uniform_open01(g)) / rate;
  }
};

/// Gaussian, by inversion of the distribution function.
///
/// Inversion and not Box-Muller, polar or ziggurat, because it takes exactly one number per
/// draw: two streams stay in step whatever they drew, which common random numbers need, and
/// nothing is kept for the next call. Values reach 8.2 standard deviations.
struct normal {
  double mean = 0.0;  ///< finite
  double sd = 1.0;    ///< standard deviation, >= 0

  [[nodiscard]] double operator()(rng& g) const noexcept {
    MUSTER_EXPECTS(sd >= 0.0, "muster: normal has a negative deviation; write sd >= 0");
    return mean + sd * normal_quantile(uniform_open01(g));
  }
};

/// Gamma with density proportional to x^(shape-1) exp(-x/scale); mean shape * scale.
///
/// Source  G. Marsaglia, W. Tsang: A simple method for generating gamma variables, ACM TOMS
///         26(3), 2000; shapes below 1 by their note X(a) = X(a+1) U^(1/a).
/// Cost    a normal and a uniform per try, at least 95 % of the tries are kept. A shape below
///         about 0.01 draws many values that are 0 in double precision.
struct gamma {
  double shape = 1.0;  ///< > 0
  double scale = 1.0;  ///< > 0, in units of the result

  [[nodiscard]] double operator()(rng& g) const noexcept {
    MUSTER_EXPECTS(shape > 0.0 && scale > 0.0,
                   "muster: gamma has no such parameters; write shape > 0 and scale > 0");
    const double lift = shape < 1.0 ? std::exp(std::log(uniform_open01(g)) / shape) : 1.0;
    const double d = (shape < 1.0 ? shape + 1.0 : shape) - 1.0 / 3.0;
    const double c = 1.0 / std::sqrt(9.0 * d);
    for (;;) {
      const double x = normal{}(g);
      const double root = 1.0 + c * x;
      if (root <= 0.0) continue;
      const double v = root * root * root;
      const double u = uniform_open01(g);
      // The first test is a cheap lower bound of the second and settles nearly all tries.
      if (u < 1.0 - 0.0331 * (x * x) * (x * x) ||
          std::log(u) < 0.5 * x * x + d * (1.0 - v + std::log(v))) {
        return scale * lift * d * v;
      }
    }
  }
};

/// Pareto (type I): P(X > x) = (scale / x)^shape for x >= scale. One number per draw.
///
/// The mean is infinite for shape <= 1, the variance for shape <= 2.
struct pareto {
  double scale = 1.0;  ///< least value, > 0
  double shape = 2.0;  ///< tail index, > 0; smaller is heavier

  [[nodiscard]] double operator()(rng& g) const noexcept {
    MUSTER_EXPECTS(scale > 0.0 && shape > 0.0,
                   "muster: pareto has no such parameters; write scale > 0 and shape > 0");
    return scale * std::exp(-std::log(uniform_open01(g)) / shape);
  }
};

/// Gumbel (type I extreme value): P(X <= x) = exp(-exp(-(x - location) / scale)).
///
/// The largest of log(w_i) + Gumbel{} sits at i with probability w_i / sum w (the Gumbel-max
/// trick). The mean is location + 0.5772... scale. One number per draw.
struct gumbel {
  double location = 0.0;  ///< mode
  double scale = 1.0;     ///< > 0

  [[nodiscard]] double operator()(rng& g) const noexcept {
    MUSTER_EXPECTS(scale > 0.0, "muster: gumbel has no such scale; write scale > 0");
    return location - scale * std::log(-std::log(uniform_open01(g)));
  }
};

}  // namespace muster::inline MUSTER_ABI
