// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <span>

#include <muster/concepts/advantage.hpp>
#include <muster/rl/gae.hpp>

namespace muster::inline MUSTER_ABI::pfrl_dm {

/// The paper's value targets to the letter: both critics are regressed on the reward of the step.
///
/// Source    PFRL-DM, eqs. 13, 16 and 17.
/// Equation  target_k = r_k;  A_k = G_k - V(s_k), G_k the discounted return of the episode
/// Trouble   V is then no value function: it predicts the next reward, so that the advantage is
///           the return less a number of the size of a reward, and says little about the action.
///           The default is rl::gae_advantage, whose
///           targets are returns.
class immediate_reward {
 public:
  struct config {};

  constexpr immediate_reward() noexcept = default;
  constexpr explicit immediate_reward(config) noexcept {}

  void estimate(const trajectory_view& t, std::span<float> advantages,
                std::span<float> targets) const noexcept {
    rl::gae(t, 1.0, advantages, targets);
    std::copy(t.rewards.begin(), t.rewards.end(), targets.begin());
  }
};

static_assert(advantage_estimator<immediate_reward>);

}  // namespace muster::inline MUSTER_ABI::pfrl_dm
