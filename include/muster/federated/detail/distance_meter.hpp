// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include <muster/federated/detail/blocks.hpp>
#include <muster/federated/detail/scratch.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// How far vectors lie from one centre, whatever their size.
class distance_meter {
 public:
  /// out[k] = |x_k - centre|; not finite if and only if some number is not. `prepare(first, n)` is
  /// called before each block of coordinates is looked at, and may make the centre there.
  template <class Prepare>
  void measure(thread_pool* pool, std::span<const float* const> x, std::span<const float> centre,
               std::span<double> out, Prepare&& prepare) {
    const std::size_t n = x.size();
    const std::size_t blocks = (centre.size() + mean_block - 1) / mean_block;
    const std::span<double> sums = squares_.take(blocks * n);
    for_each_block(pool, centre.size(), mean_block, [&](std::size_t first, std::size_t length) {
      prepare(first, length);
      const std::span<double> sum = sums.subspan(first / mean_block * n, n);
      std::fill(sum.begin(), sum.end(), 0.0);
      kernels().distances(x.data(), n, centre.data(), first, length, sum.data());
      for (std::size_t k = 0; k < n; ++k) {
        if (!std::isfinite(sum[k])) sum[k] = exactly(x[k], centre.data(), first, length);
      }
    });
    for (std::size_t k = 0; k < n; ++k) {
      double total = 0.0;
      for (std::size_t b = 0; b < blocks; ++b) total += sums[b * n + k];
      out[k] = std::sqrt(total);
    }
  }
  void measure(thread_pool* pool, std::span<const float* const> x, std::span<const float> centre,
               std::span<double> out) {
    measure(pool, x, centre, out, [](std::size_t, std::size_t) {});
  }

 private:
  /// For squares beyond the range of float.
  static double exactly(const float* x, const float* y, std::size_t first, std::size_t n) {
    double sum = 0.0;
    for (std::size_t i = first; i < first + n; ++i) {
      const double d = static_cast<double>(x[i]) - static_cast<double>(y[i]);
      sum += d * d;
    }
    return sum;
  }

  scratch<double> squares_;
};

}  // namespace muster::inline MUSTER_ABI::federated::detail
