// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include <muster/autodiff/ops/arithmetic.hpp>
#include <muster/autodiff/ops/indexing.hpp>
#include <muster/autodiff/ops/softmax.hpp>
#include <muster/autodiff/tape.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>

/// Several different choices out of many: softmax draws without replacement.
///
/// Idea      draw by softmax, take what was drawn out, draw again from the rest. The order of
///           the draws belongs to the outcome, so its probability is a product and its logarithm
///           can be differentiated term by term.
/// Source    R. Plackett: The analysis of permutations, Applied Statistics 24 (1975); R. D. Luce:
///           Individual choice behavior, 1959. With one choice it is the softmax itself.
/// Equation  ln p(a_1 .. a_H) = sum_h ( s_{a_h} - ln sum_{j not in {a_1 .. a_{h-1}}} e^{s_j} )
/// Symbols   s = scores, H = number of choices, at most as many as there are scores
/// Cost      O(H n + H^2), no allocation.
/// Determinism    one number of the generator per choice; sums run from the first score on.
namespace muster::inline MUSTER_ABI::rl {

namespace detail {

[[nodiscard]] inline bool among(std::span<const std::uint32_t> chosen, std::size_t i) noexcept {
  for (const std::uint32_t c : chosen) {
    if (c == i) return true;
  }
  return false;
}

/// Largest score and sum of e^(score - largest) of what is not chosen yet.
struct remaining_mass {
  double top = -std::numeric_limits<double>::infinity();
  double sum = 0.0;

  template <class T>
  remaining_mass(std::span<const T> scores, std::span<const std::uint32_t> chosen) noexcept {
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (static_cast<double>(scores[i]) > top && !among(chosen, i)) {
        top = static_cast<double>(scores[i]);
      }
    }
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (!among(chosen, i)) sum += weight(scores[i]);
    }
  }
  template <class T>
  [[nodiscard]] double weight(T score) const noexcept {
    return std::exp(static_cast<double>(score) - top);
  }
  template <class T>
  [[nodiscard]] double log_prob(T score) const noexcept {
    return static_cast<double>(score) - top - std::log(sum);
  }
};

}  // namespace detail

/// Draws `out.size()` different positions; returns ln of the probability of this sequence.
/// Scores are finite.
template <class T>
[[nodiscard]] double draw_subset(std::span<const T> scores, rng& g,
                                 std::span<std::uint32_t> out) noexcept {
  MUSTER_EXPECTS(!out.empty() && out.size() <= scores.size(),
                 "muster: rl::draw_subset draws at least one and at most all; lend fewer places");
  double log_prob = 0.0;
  for (std::size_t h = 0; h < out.size(); ++h) {
    const std::span<const std::uint32_t> chosen = out.first(h);
    const detail::remaining_mass rest{scores, chosen};
    const double point = uniform01(g) * rest.sum;
    double below = 0.0;
    std::size_t pick = scores.size();
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const double w = rest.weight(scores[i]);
      if (detail::among(chosen, i) || !(w > 0.0)) continue;
      pick = i;  // the last possible one catches a point that rounding left above the sum
      below += w;
      if (point < below) break;
    }
    log_prob += rest.log_prob(scores[pick]);
    out[h] = static_cast<std::uint32_t>(pick);
  }
  return log_prob;
}

/// The most probable sequence: positions by falling score, ties to the smaller one.
template <class T>
void top_subset(std::span<const T> scores, std::span<std::uint32_t> out) noexcept {
  MUSTER_EXPECTS(out.size() <= scores.size(),
                 "muster: rl::top_subset takes at most all; lend fewer places");
  for (std::size_t h = 0; h < out.size(); ++h) {
    std::size_t best = scores.size();
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (detail::among(out.first(h), i)) continue;
      if (best == scores.size() || scores[i] > scores[best]) best = i;
    }
    out[h] = static_cast<std::uint32_t>(best);
  }
}

/// ln of the probability of drawing exactly this sequence of different positions.
template <class T>
[[nodiscard]] double subset_log_prob(std::span<const T> scores,
                                     std::span<const std::uint32_t> chosen) noexcept {
  double log_prob = 0.0;
  for (std::size_t h = 0; h < chosen.size(); ++h) {
    log_prob += detail::remaining_mass{scores, chosen.first(h)}.log_prob(scores[chosen[h]]);
  }
  return log_prob;
}

/// The same on a tape, for m sequences at once.
///
/// scores [m, n]; `picks` has the h-th choice of every row, [m] each; `masks[h - 1]`, [m, n], is 0
/// where one of the first h choices of that row is: choice h was made without those. Both refer
/// to memory that must live until the tape is reset.
template <class T, class Backend>
[[nodiscard]] autodiff::var<T, Backend> subset_log_prob(
    autodiff::var<T, Backend> scores, std::span<const autodiff::index_view> picks,
    std::span<const autodiff::mask_view> masks) {
  MUSTER_EXPECTS(!picks.empty() && masks.size() + 1 == picks.size(),
                 "muster: rl::subset_log_prob takes one view per choice and a mask for each but "
                 "the first");
  auto sum = pick_columns(log_softmax(scores), picks[0]);
  for (std::size_t h = 1; h < picks.size(); ++h) {
    sum = sum + pick_columns(masked_log_softmax(scores, masks[h - 1]), picks[h]);
  }
  return sum;
}

}  // namespace muster::inline MUSTER_ABI::rl
