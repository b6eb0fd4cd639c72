// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include <muster/concepts/advantage.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Generalised advantage estimation over episodes laid end to end.
///
/// Idea      between one-step error (little variance, biased by V) and the whole return
///           (unbiased, much variance) choose by lambda; one backward sweep gives all.
/// Source    J. Schulman, P. Moritz, S. Levine, M. Jordan, P. Abbeel: High-dimensional
///           continuous control using generalized advantage estimation, ICLR 2016, eq. 16.
///           Here the discount is per step, so that decisions made within one moment are not
///           discounted against each other, and "terminated" is kept apart from "truncated".
/// Equation  delta_k = r_k + g_k V(s_{k+1}) - V(s_k)
///           A_k     = delta_k + g_k lambda (1 - end_k) A_{k+1}        target_k = A_k + V(s_k)
///           computed through the return it stands for, which stays right when next values
///           come from another network than values (a target network):
///           G_k = r_k + g_k ((1 - lambda) V(s_{k+1}) + lambda G_{k+1}),  target_k = G_k,
///           A_k = G_k - V(s_k);  at an end lambda counts as 0
/// Symbols   g_k = discounts[k], 0 where the episode terminated; end_k = ends[k]
/// Cost      O(n), no allocation; the recurrence runs in double.
/// `advantages` and `targets` may not overlap the inputs. `lambda` in [0, 1].
inline void gae(const trajectory_view& t, double lambda, std::span<float> advantages,
                std::span<float> targets) noexcept {
  const std::size_t n = t.rewards.size();
  MUSTER_EXPECTS(t.values.size() == n && t.next_values.size() == n && t.discounts.size() == n &&
                     t.ends.size() == n && advantages.size() == n && targets.size() == n,
                 "muster: rl::gae needs spans of one length; pass one entry per decision");
  double next_return = 0.0;
  for (std::size_t k = n; k-- > 0;) {
    double return_here = static_cast<double>(t.rewards[k]);
    // A terminated step must not read a next value at all: it may be anything, even NaN.
    if (t.discounts[k] != 0.0F) {
      const double next = static_cast<double>(t.next_values[k]);
      const double ahead = t.ends[k] != 0 ? next : next + lambda * (next_return - next);
      return_here += static_cast<double>(t.discounts[k]) * ahead;
    }
    advantages[k] = static_cast<float>(return_here - static_cast<double>(t.values[k]));
    targets[k] = static_cast<float>(return_here);
    next_return = return_here;
  }
}

/// The same for one trajectory: the next value of step k is values[k + 1], that of the last
/// step is `bootstrap` (V of the state in which the trajectory was cut; ignored where the
/// last discount is 0).
inline void gae(std::span<const float> rewards, std::span<const float> values, float bootstrap,
                std::span<const float> discounts, double lambda, std::span<float> advantages,
                std::span<float> targets) noexcept {
  const std::size_t n = rewards.size();
  MUSTER_EXPECTS(
      values.size() == n && discounts.size() == n && advantages.size() == n && targets.size() == n,
      "muster: rl::gae needs spans of one length; pass one entry per decision");
  double next_return = static_cast<double>(bootstrap);
  for (std::size_t k = n; k-- > 0;) {
    double return_here = static_cast<double>(rewards[k]);
    if (discounts[k] != 0.0F) {
      const double next = static_cast<double>(k + 1 < n ? values[k + 1] : bootstrap);
      return_here += static_cast<double>(discounts[k]) * (next + lambda * (next_return - next));
    }
    advantages[k] = static_cast<float>(return_here - static_cast<double>(values[k]));
    targets[k] = static_cast<float>(return_here);
    next_return = return_here;
  }
}

/// `gae` as a part of a pipeline.
class gae_advantage {
 public:
  struct config {
    double lambda = 0.95;  ///< 0 = one-step error, 1 = whole return; [0, 1]
  };

  constexpr gae_advantage() noexcept = default;
  constexpr explicit gae_advantage(config c) noexcept : config_{c} {}

  void estimate(const trajectory_view& t, std::span<float> advantages,
                std::span<float> targets) const noexcept {
    gae(t, config_.lambda, advantages, targets);
  }

 private:
  config config_{};
};

static_assert(advantage_estimator<gae_advantage>);

}  // namespace muster::inline MUSTER_ABI::rl
