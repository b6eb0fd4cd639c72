// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>

/// A discrete distribution over actions of which some may be forbidden.
///
/// The functions read a row of probabilities as a policy head wrote it (rl/heads.hpp):
/// masked entries are exactly zero, the others sum to one within rounding. The mask is read
/// too, so that not even a probability that rounded up can let a forbidden action through.
/// An empty mask allows everything.
/// Cost           O(actions), no allocation.
/// Determinism    one 64-bit draw per sample; sums run from the first action to the last.
namespace muster::inline MUSTER_ABI::rl {

namespace detail {
[[nodiscard]] inline bool allowed(std::span<const std::uint8_t> mask, std::size_t action) noexcept {
  return mask.empty() || mask[action] != 0;
}
}  // namespace detail

/// Draws an action by inverting the cumulative distribution; consumes one number of `g`.
/// Never returns a masked action or one of probability zero; at least one action must be
/// allowed and have a positive probability.
[[nodiscard]] inline std::uint32_t sample_action(std::span<const float> probabilities,
                                                 std::span<const std::uint8_t> mask,
                                                 rng& g) noexcept {
  MUSTER_EXPECTS(mask.empty() || mask.size() == probabilities.size(),
                 "muster: rl::sample_action needs one mask entry per action; or an empty mask");
  double total = 0.0;
  for (std::size_t a = 0; a < probabilities.size(); ++a) {
    if (detail::allowed(mask, a)) total += static_cast<double>(probabilities[a]);
  }
  const double point = uniform01(g) * total;
  double below = 0.0;
  std::size_t chosen = probabilities.size();
  for (std::size_t a = 0; a < probabilities.size(); ++a) {
    if (!detail::allowed(mask, a) || !(probabilities[a] > 0.0F)) continue;
    chosen = a;  // the last possible action catches a point that rounding left above the sum
    below += static_cast<double>(probabilities[a]);
    if (point < below) break;
  }
  MUSTER_EXPECTS(chosen < probabilities.size(),
                 "muster: rl::sample_action found no allowed action; keep one entry of the mask 1");
  return static_cast<std::uint32_t>(chosen);
}

/// The most probable allowed action; ties go to the smaller index.
[[nodiscard]] inline std::uint32_t greedy_action(std::span<const float> probabilities,
                                                 std::span<const std::uint8_t> mask) noexcept {
  MUSTER_EXPECTS(mask.empty() || mask.size() == probabilities.size(),
                 "muster: rl::greedy_action needs one mask entry per action; or an empty mask");
  std::size_t best = probabilities.size();
  for (std::size_t a = 0; a < probabilities.size(); ++a) {
    if (!detail::allowed(mask, a)) continue;
    if (best == probabilities.size() || probabilities[a] > probabilities[best]) best = a;
  }
  MUSTER_EXPECTS(best < probabilities.size(),
                 "muster: rl::greedy_action found no allowed action; keep one entry of the mask 1");
  return static_cast<std::uint32_t>(best);
}

/// ln p(action); minus infinity for an action of probability zero.
[[nodiscard]] inline float action_log_prob(std::span<const float> probabilities,
                                           std::uint32_t action) noexcept {
  MUSTER_EXPECTS(action < probabilities.size(),
                 "muster: rl::action_log_prob is out of range; pass an action of this row");
  const float p = probabilities[action];
  return p > 0.0F ? std::log(p) : -std::numeric_limits<float>::infinity();
}

/// Entropy in nats, -sum p ln p with 0 ln 0 = 0.
[[nodiscard]] inline double action_entropy(std::span<const float> probabilities) noexcept {
  double sum = 0.0;
  for (const float p : probabilities) {
    if (p > 0.0F) sum -= static_cast<double>(p) * std::log(static_cast<double>(p));
  }
  return sum;
}

}  // namespace muster::inline MUSTER_ABI::rl
