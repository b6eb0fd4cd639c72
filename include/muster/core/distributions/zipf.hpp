// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI {

/// A rank from 1 to n, with P(k) proportional to k^-s.
///
/// Idea    invert the integral of x^-s, a continuous hat over the bars, and reject the little
///         that is not bar: no table, whatever n.
/// Source  W. Hoermann, G. Derflinger: Rejection-inversion to generate variates from monotone
///         discrete distributions, ACM TOMS 6(3), 1996.
/// Symbols h(x) = x^-s;  H(x) = (x^(1-s) - 1) / (1-s), or log x at s = 1.
/// Cost    a few exp and log to build, no allocation; on average below 1.2 tries per draw.
class zipf {
 public:
  /// n >= 1 ranks; exponent s >= 0 (0 is uniform, larger is more skewed).
  zipf(std::uint64_t n, double s) noexcept : n_{n}, s_{s} {
    MUSTER_EXPECTS(n >= 1 && n <= (std::uint64_t{1} << 52),
                   "muster: zipf has no ranks to draw from; write 1 <= n <= 2^52");
    MUSTER_EXPECTS(s >= 0.0 && s <= 1e3, "muster: zipf has no such exponent; write 0 <= s <= 1000");
    from_ = area(1.5) - 1.0;
    to_ = area(static_cast<double>(n) + 0.5);
    at_once_ = 2.0 - inverse_area(area(2.5) - height(2.0));
  }

  [[nodiscard]] std::uint64_t operator()(rng& g) const noexcept {
    for (;;) {
      const double u = to_ + uniform01(g) * (from_ - to_);
      const double x = inverse_area(u);
      const double last = static_cast<double>(n_);
      double k = std::floor(x + 0.5);
      k = k < 1.0 ? 1.0 : (k > last ? last : k);
      if (k - x <= at_once_ || u >= area(k + 0.5) - height(k)) return static_cast<std::uint64_t>(k);
    }
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return n_; }
  [[nodiscard]] double exponent() const noexcept { return s_; }

 private:
  // expm1(x)/x and log1p(x)/x, whole at x = 0 where s = 1 meets the logarithm.
  [[nodiscard]] static double expm1_over(double x) noexcept {
    return std::fabs(x) > 1e-8 ? std::expm1(x) / x : 1.0 + x * 0.5;
  }
  [[nodiscard]] static double log1p_over(double x) noexcept {
    return std::fabs(x) > 1e-8 ? std::log1p(x) / x : 1.0 - x * 0.5;
  }
  [[nodiscard]] double height(double x) const noexcept { return std::exp(-s_ * std::log(x)); }
  [[nodiscard]] double area(double x) const noexcept {
    const double l = std::log(x);
    return l * expm1_over((1.0 - s_) * l);
  }
  [[nodiscard]] double inverse_area(double y) const noexcept {
    const double t = y * (1.0 - s_);
    return std::exp(y * log1p_over(t < -1.0 ? -1.0 : t));  // below -1 only by rounding
  }

  std::uint64_t n_;
  double s_;
  double from_ = 0.0;
  double to_ = 0.0;
  double at_once_ = 0.0;
};

}  // namespace muster::inline MUSTER_ABI
