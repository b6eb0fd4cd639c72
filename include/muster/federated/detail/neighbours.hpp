// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/federated/detail/blocks.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// Squared distances between all pairs of vectors, and who lies nearest to whom.
///
/// Memory  12 bytes per pair in both orders: 1.2 GB for 10,000 vectors.
class neighbours {
 public:
  /// Measures; whether all distances are finite. One that is not is NaN only if some number is not
  /// finite itself, else infinite: there are coordinates more than 1.8e19 apart.
  bool measure(thread_pool* pool, std::span<const float* const> x, std::size_t numbers) {
    n_ = x.size();
    squares_.assign(n_ * n_, 0.0);
    const std::size_t edge = (n_ + 3) / 4;
    for_each_share(pool, edge * (edge + 1) / 2, [&](std::size_t, std::size_t from, std::size_t to) {
      kernels().pair_distances(x.data(), n_, numbers, from, to, squares_.data());
    });
    bool finite = true;
    for (std::size_t i = 0; i < n_; ++i) {
      for (std::size_t j = i; j < n_; ++j) {
        const double d = squares_[i * n_ + j];
        finite = finite && std::isfinite(d);
        squares_[j * n_ + i] = d;
      }
    }
    return finite;
  }
  [[nodiscard]] double square(std::size_t i, std::size_t j) const noexcept {
    return squares_[i * n_ + j];
  }

  /// Sorts the neighbours of each by distance, equal ones by number; after `measure`.
  void rank() {
    nearest_.resize(n_ * n_);
    removed_.assign(n_, 0);
    for (std::size_t i = 0; i < n_; ++i) {
      std::uint32_t* const row = nearest_.data() + i * n_;
      for (std::size_t j = 0; j < n_; ++j) row[j] = static_cast<std::uint32_t>(j);
      std::sort(row, row + n_, [&](std::uint32_t a, std::uint32_t b) {
        const double da = square(i, a), db = square(i, b);
        return da != db ? da < db : a < b;
      });
    }
  }
  /// Takes one out: it is nobody's neighbour from now on.
  void remove(std::size_t i) { removed_[i] = 1; }
  [[nodiscard]] bool removed(std::size_t i) const noexcept { return removed_[i] != 0; }
  /// Krum's score: the sum of the squared distances to the `count` nearest others.
  [[nodiscard]] double score(std::size_t i, std::size_t count) const noexcept {
    double sum = 0.0;
    for (std::size_t at = 0; at < n_ && count > 0; ++at) {
      const std::size_t j = nearest_[i * n_ + at];
      if (j == i || removed(j)) continue;
      sum += square(i, j);
      --count;
    }
    return sum;
  }
  /// Who is left and has the least score; the first of equals.
  [[nodiscard]] std::size_t best(std::size_t count) const noexcept {
    std::size_t best = n_;
    double least = 0.0;
    for (std::size_t i = 0; i < n_; ++i) {
      if (removed(i)) continue;
      const double s = score(i, count);
      if (best == n_ || s < least) best = i, least = s;
    }
    return best;
  }

 private:
  std::size_t n_ = 0;
  std::vector<double> squares_;
  std::vector<std::uint32_t> nearest_;
  std::vector<std::uint8_t> removed_;
};

/// What a rule says that needs more clients.
[[nodiscard]] inline error too_few(const char* rule, std::size_t needed, std::size_t byzantine,
                                   std::size_t given) {
  return {.what = "has " + std::to_string(given) + " updates",
          .file = {},
          .field = "round",
          .expected = std::to_string(needed) + " or more for " + rule + " with " +
                      std::to_string(byzantine) + " that may send anything"};
}

}  // namespace muster::inline MUSTER_ABI::federated::detail
