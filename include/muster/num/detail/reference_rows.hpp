// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include <muster/num/backend.hpp>
#include <muster/num/detail/scalar.hpp>

namespace muster::inline MUSTER_ABI::num::detail {

/// Row-wise normalisations of `reference`; a row is the last axis.
struct reference_rows {
  using mask_view = view<const std::uint8_t>;  ///< non-zero: allowed

  /// y = exp(x - max x) / sum
  template <class T>
  void softmax(in<T> x, view<T> y) const {
    masked_softmax<T>(x, mask_view{}, y);
  }
  /// dx += y (dy - <y, dy>). Serves `masked_softmax` too: there masked y are exactly 0.
  template <class T>
  void softmax_backward(in<T> y, in<T> dy, view<T> dx) const {
    expects_equal(y.size(), dx.size());
    const std::size_t n = y.columns();
    for (std::size_t r = 0; r < y.rows(); ++r) {
      const std::size_t row = r * n;
      T dot{};
      for (std::size_t j = row; j < row + n; ++j) dot += y[j] == T(0) ? T(0) : y[j] * dy[j];
      for (std::size_t j = row; j < row + n; ++j) {
        if (y[j] != T(0)) dx[j] += y[j] * (dy[j] - dot);
      }
    }
  }
  /// y = x - max x - log sum exp(x - max x)
  template <class T>
  void log_softmax(in<T> x, view<T> y) const {
    masked_log_softmax<T>(x, mask_view{}, y);
  }
  /// dx += dy - exp(y) sum dy
  template <class T>
  void log_softmax_backward(in<T> y, in<T> dy, view<T> dx) const {
    masked_log_softmax_backward<T>(y, mask_view{}, dy, dx);
  }

  /// Softmax over the allowed entries; the others are exactly 0. An empty mask allows all.
  template <class T>
  void masked_softmax(in<T> x, mask_view mask, view<T> y) const {
    expects_equal(x.size(), y.size());
    expects_mask(mask, y.size());
    const std::size_t n = y.columns();
    for (std::size_t r = 0; r < y.rows(); ++r) {
      const std::size_t row = r * n;
      const T top = largest<T>(x, mask, row, n);
      T sum{};
      for (std::size_t j = row; j < row + n; ++j) {
        y[j] = allowed(mask, j) ? std::exp(x[j] - top) : T(0);
        sum += y[j];
      }
      for (std::size_t j = row; j < row + n; ++j) {
        if (allowed(mask, j)) y[j] /= sum;
      }
    }
  }
  /// Log-probabilities of the allowed entries; the others get `masked_log_probability`.
  template <class T>
  void masked_log_softmax(in<T> x, mask_view mask, view<T> y) const {
    expects_equal(x.size(), y.size());
    expects_mask(mask, y.size());
    const std::size_t n = y.columns();
    for (std::size_t r = 0; r < y.rows(); ++r) {
      const std::size_t row = r * n;
      const T top = largest<T>(x, mask, row, n);
      T sum{};
      for (std::size_t j = row; j < row + n; ++j) {
        if (allowed(mask, j)) sum += std::exp(x[j] - top);
      }
      const T log_sum = std::log(sum);
      for (std::size_t j = row; j < row + n; ++j) {
        y[j] = allowed(mask, j) ? (x[j] - top) - log_sum : T(masked_log_probability);
      }
    }
  }
  /// dx += dy - exp(y) sum dy over the allowed entries; nothing for the others.
  template <class T>
  void masked_log_softmax_backward(in<T> y, mask_view mask, in<T> dy, view<T> dx) const {
    expects_equal(y.size(), dx.size());
    expects_mask(mask, y.size());
    const std::size_t n = y.columns();
    for (std::size_t r = 0; r < y.rows(); ++r) {
      const std::size_t row = r * n;
      T sum{};
      for (std::size_t j = row; j < row + n; ++j) {
        if (allowed(mask, j)) sum += dy[j];
      }
      for (std::size_t j = row; j < row + n; ++j) {
        if (allowed(mask, j)) dx[j] += dy[j] - std::exp(y[j]) * sum;
      }
    }
  }

  /// The policy head of KMPS, Eq. 2: y = m (max(0, x) + 1) / sum_j m_j (max(0, x_j) + 1).
  template <class T>
  void relu1_l1(in<T> x, mask_view mask, view<T> y) const {
    expects_equal(x.size(), y.size());
    expects_mask(mask, y.size());
    const std::size_t n = y.columns();
    for (std::size_t r = 0; r < y.rows(); ++r) {
      const std::size_t row = r * n;
      T sum{};
      for (std::size_t j = row; j < row + n; ++j) {
        y[j] = allowed(mask, j) ? scalar_relu(x[j]) + T(1) : T(0);
        sum += y[j];
      }
      for (std::size_t j = row; j < row + n; ++j) {
        if (allowed(mask, j)) y[j] /= sum;
      }
    }
  }
  /// dx += m [x > 0] (dy - <y, dy>) / sum
  template <class T>
  void relu1_l1_backward(in<T> x, mask_view mask, in<T> y, in<T> dy, view<T> dx) const {
    expects_equal(y.size(), dx.size());
    expects_mask(mask, y.size());
    const std::size_t n = y.columns();
    for (std::size_t r = 0; r < y.rows(); ++r) {
      const std::size_t row = r * n;
      T sum{};
      T dot{};
      for (std::size_t j = row; j < row + n; ++j) {
        if (!allowed(mask, j)) continue;
        sum += scalar_relu(x[j]) + T(1);
        dot += y[j] * dy[j];
      }
      for (std::size_t j = row; j < row + n; ++j) {
        if (allowed(mask, j) && !(x[j] <= T(0))) dx[j] += (dy[j] - dot) / sum;
      }
    }
  }

  /// y = gain (x - mean) / sd + bias, sd² = variance + eps; `stats` [rows, 2] keeps the mean
  /// and 1/sd of each row for the way back. Variance by two passes.
  template <class T>
  void layer_norm(in<T> x, in<T> gain, in<T> bias, std::type_identity_t<T> eps, view<T> y,
                  view<T> stats) const {
    expects_equal(x.size(), y.size());
    const std::size_t n = x.columns();
    expects_equal(gain.size(), n);
    expects_equal(bias.size(), n);
    expects_equal(stats.size(), 2 * x.rows());
    for (std::size_t r = 0; r < x.rows(); ++r) {
      const std::size_t row = r * n;
      const T mean = pairwise_sum<T>(row, n, [&](std::size_t j) { return x[j]; }) / T(n);
      const T variance =
          pairwise_sum<T>(row, n, [&](std::size_t j) { return (x[j] - mean) * (x[j] - mean); }) /
          T(n);
      const T scale = T(1) / std::sqrt(variance + eps);
      stats[2 * r] = mean;
      stats[2 * r + 1] = scale;
      for (std::size_t j = 0; j < n; ++j) {
        y[row + j] = gain[j] * ((x[row + j] - mean) * scale) + bias[j];
      }
    }
  }
  /// With h = (x - mean)/sd and g = gain·dy: dx += (g - mean(g) - h mean(g h)) / sd,
  /// dgain += dy h, dbias += dy. Each may be empty.
  template <class T>
  void layer_norm_backward(in<T> x, in<T> gain, in<T> stats, in<T> dy, view<T> dx, view<T> dgain,
                           view<T> dbias) const {
    const std::size_t n = x.columns();
    expects_equal(x.size(), dy.size());
    for (std::size_t r = 0; r < x.rows(); ++r) {
      const std::size_t row = r * n;
      const T mean = stats[2 * r];
      const T scale = stats[2 * r + 1];
      T sum_g{};
      T sum_gh{};
      for (std::size_t j = 0; j < n; ++j) {
        const T h = (x[row + j] - mean) * scale;
        const T g = gain[j] * dy[row + j];
        sum_g += g;
        sum_gh += g * h;
        if (!dgain.empty()) dgain[j] += dy[row + j] * h;
        if (!dbias.empty()) dbias[j] += dy[row + j];
      }
      for (std::size_t j = 0; !dx.empty() && j < n; ++j) {
        const T h = (x[row + j] - mean) * scale;
        dx[row + j] += (gain[j] * dy[row + j] - sum_g / T(n) - h * (sum_gh / T(n))) * scale;
      }
    }
  }

 private:
  [[nodiscard]] static bool allowed(mask_view mask, std::size_t i) {
    return mask.empty() || mask[i] != 0;
  }
  // Subtracted before exp, so that nothing overflows; the softmax does not depend on it.
  template <class T>
  [[nodiscard]] static T largest(in<T> x, mask_view mask, std::size_t row, std::size_t n) {
    T top{};
    bool any = false;
    for (std::size_t j = row; j < row + n; ++j) {
      if (!allowed(mask, j)) continue;
      if (!any || x[j] > top) top = x[j];
      any = true;
    }
    return top;
  }
  static void expects_equal([[maybe_unused]] std::size_t a, [[maybe_unused]] std::size_t b) {
    MUSTER_EXPECTS(a == b, "muster: num backend: input and output sizes differ; check the shapes");
  }
  static void expects_mask([[maybe_unused]] mask_view mask, [[maybe_unused]] std::size_t n) {
    MUSTER_EXPECTS(mask.empty() || mask.size() == n,
                   "muster: num backend: a mask has one entry per element; check its shape");
  }
};

}  // namespace muster::inline MUSTER_ABI::num::detail
