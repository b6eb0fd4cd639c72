// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI {

namespace detail {

template <class T>
[[nodiscard]] double checked_total(std::span<const T> weights) noexcept {
  double total = 0.0;
  bool good = true;
  for (const T w : weights) {
    good = good && w >= T{0};
    total += static_cast<double>(w);
  }
  MUSTER_EXPECTS(good && total > 0.0 && total < 1e300,
                 "muster: sampling by weights needs finite weights >= 0 with a positive sum; "
                 "write at least one positive weight");
  static_cast<void>(good);
  return total;
}

}  // namespace detail

/// Draws one index with probability weight / sum, straight from the weights.
///
/// By the inverse distribution function, summed from the front: one number per draw, O(n), no
/// allocation. Weights are finite, >= 0, at least one is positive, and they need not sum to
/// one. An index of weight zero is never drawn. For many draws from the same weights use
/// `categorical`.
template <class T>
[[nodiscard]] std::size_t sample_weights(std::span<const T> weights, rng& g) noexcept {
  double left = uniform01(g) * detail::checked_total(weights);
  std::size_t last = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto w = static_cast<double>(weights[i]);
    if (w <= 0.0) continue;
    if (left < w) return i;
    left -= w;
    last = i;  // rounding may leave a crumb beyond the end: it belongs to the last one
  }
  return last;
}

template <class T>
[[nodiscard]] std::size_t sample_weights(std::span<T> weights, rng& g) noexcept {
  return sample_weights(std::span<const T>{weights}, g);
}

/// An index drawn in constant time: the alias table over a list of weights.
///
/// Idea    cut the weights into n columns of equal height, each shared by at most two
///         indices; a draw picks a column and then one of its two.
/// Source  A. Walker 1977; the linear-time construction of M. Vose: A linear algorithm for
///         generating random numbers with a given distribution, IEEE TSE 17(9), 1991.
/// Cost    O(n) and two allocations to build, O(1) and one number per draw. The number is
///         split in two, so probabilities are right to n 2^-64.
/// Ties    none: the table depends on the weights and their order only.
class categorical {
 public:
  /// Weights as for sample_weights; they are copied into the table.
  template <class T>
  explicit categorical(std::span<const T> weights) : columns_(weights.size()) {
    const double scale = static_cast<double>(weights.size()) / detail::checked_total(weights);
    std::size_t heaviest = 0;
    std::vector<std::size_t> order(weights.size());  // poor from the front, rich from the back
    std::size_t poor_end = 0, rich_begin = weights.size();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      columns_[i] = {static_cast<double>(weights[i]) * scale, i};
      if (weights[i] > weights[heaviest]) heaviest = i;
      order[columns_[i].keep < 1.0 ? poor_end++ : --rich_begin] = i;
    }
    while (poor_end > 0 && rich_begin < weights.size()) {
      const std::size_t poor = order[--poor_end];
      const std::size_t rich = order[rich_begin];
      columns_[poor].other = rich;
      columns_[rich].keep -= 1.0 - columns_[poor].keep;
      if (columns_[rich].keep < 1.0) {
        ++rich_begin;
        order[poor_end++] = rich;
      }
    }
    // What is left is full up to rounding. An index of weight zero may be among it, and must
    // still never be drawn.
    for (; rich_begin < weights.size(); ++rich_begin) columns_[order[rich_begin]].keep = 1.0;
    while (poor_end > 0) {
      const std::size_t i = order[--poor_end];
      columns_[i] = weights[i] > T{0} ? column{1.0, i} : column{0.0, heaviest};
    }
  }
  template <class T>
  explicit categorical(std::span<T> weights) : categorical{std::span<const T>{weights}} {}

  [[nodiscard]] std::size_t operator()(rng& g) const noexcept {
    __extension__ using wide = unsigned __int128;
    const wide product = static_cast<wide>(g()) * columns_.size();
    const column& c = columns_[static_cast<std::size_t>(product >> 64)];
    const double height =
        static_cast<double>(static_cast<std::uint64_t>(product) >> 11) * 0x1.0p-53;
    return height < c.keep ? static_cast<std::size_t>(product >> 64) : c.other;
  }

  [[nodiscard]] std::size_t size() const noexcept { return columns_.size(); }

 private:
  struct column {
    double keep;        // share of the column that belongs to its own index
    std::size_t other;  // whose the rest is
  };
  std::vector<column> columns_;
};

}  // namespace muster::inline MUSTER_ABI
