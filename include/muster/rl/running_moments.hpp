// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Mean and standard deviation of all numbers seen so far.
///
/// Idea      a critic learns best when its targets are about zero and of size one; what they
///           are in units of reward is learned beside it.
/// Source    T. Chan, G. Golub, R. LeVeque: Updating formulae and a pairwise algorithm for
///           computing sample variances, 1979: blocks are merged, no sum of squares is kept.
/// Cost      two sweeps over the block, no allocation.
class running_moments {
 public:
  void add(std::span<const float> block) noexcept {
    if (block.empty()) return;
    const double n = static_cast<double>(block.size());
    double mean = 0.0;
    for (const float x : block) mean += static_cast<double>(x);
    mean /= n;
    double squares = 0.0;
    for (const float x : block) {
      const double off = static_cast<double>(x) - mean;
      squares += off * off;
    }
    auto& [count, all_mean, all_squares] = state_;
    const double total = count + n;
    const double gap = mean - all_mean;
    all_mean += gap * n / total;
    all_squares += squares + gap * gap * count * n / total;
    count = total;
  }

  [[nodiscard]] double mean() const noexcept { return state_[1]; }
  /// Of the whole population; 1 until two different numbers were seen, so that dividing by it
  /// is always allowed.
  [[nodiscard]] double sd() const noexcept {
    const double variance = state_[0] > 0.0 ? state_[2] / state_[0] : 0.0;
    return variance > 0.0 ? std::sqrt(variance) : 1.0;
  }
  [[nodiscard]] double normalised(double x) const noexcept { return (x - mean()) / sd(); }
  [[nodiscard]] double restored(double x) const noexcept { return mean() + sd() * x; }

  /// Count, mean, and the sum of squared distances from it: all there is to keep in a checkpoint.
  [[nodiscard]] std::span<double> state() noexcept { return state_; }

 private:
  std::array<double, 3> state_{};
};

}  // namespace muster::inline MUSTER_ABI::rl
