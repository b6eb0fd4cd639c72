// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/environment.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::env {

/// Two agents choose a row and a column at the same time and share the entry as reward.
///
/// Source    C. Claus, C. Boutilier: The dynamics of reinforcement learning in cooperative
///           multiagent systems, AAAI 1998 (climbing and penalty game).
/// Observation    of agent i: one-hot of i, so that shared parameters can play both parts;
///           whole state: the constant 1. One step, then terminated.
/// Determinism    draws nothing.
class matrix_game {
 public:
  struct config {
    std::size_t actions = 3;  ///< of each agent; >= 1
    /// Row-major, actions x actions; entry (a, b) when agent 0 plays a and agent 1 plays b.
    std::vector<float> payoff = {10.0F, 0.0F, 0.0F, 0.0F, 2.0F, 0.0F, 0.0F, 0.0F, 10.0F};
  };

  /// Optimum 11 in a corner whose neighbours cost 30: cautious learners settle for 5 or 7.
  [[nodiscard]] static config climbing() {
    return {.actions = 3, .payoff = {11.0F, -30.0F, 0.0F, -30.0F, 7.0F, 6.0F, 0.0F, 0.0F, 5.0F}};
  }
  /// Two optima of 10, and `penalty` (<= 0) where the agents take one each; 0 = penalty-free.
  [[nodiscard]] static config penalty(float penalty) {
    return {.actions = 3, .payoff = {10.0F, 0.0F, penalty, 0.0F, 2.0F, 0.0F, penalty, 0.0F, 10.0F}};
  }

  matrix_game() = default;
  explicit matrix_game(config c) : config_{std::move(c)} {
    MUSTER_EXPECTS(
        config_.actions > 0 && config_.payoff.size() == config_.actions * config_.actions,
        "muster: env::matrix_game payoff has the wrong size; give actions x actions "
        "numbers");
  }

  [[nodiscard]] std::size_t agent_count() const noexcept { return 2; }
  [[nodiscard]] std::size_t observation_size() const noexcept { return 2; }
  [[nodiscard]] std::size_t state_size() const noexcept { return 1; }
  [[nodiscard]] std::size_t action_count() const noexcept { return config_.actions; }
  void reset(rng&) noexcept {}
  [[nodiscard]] step_outcome step(std::span<const std::uint32_t> actions, rng&) noexcept {
    MUSTER_EXPECTS(
        actions.size() == 2 && actions[0] < config_.actions && actions[1] < config_.actions,
        "muster: env::matrix_game needs one action per agent; pass two indices below "
        "action_count()");
    return {.reward = config_.payoff[actions[0] * config_.actions + actions[1]],
            .terminated = true,
            .truncated = false};
  }
  void observe(std::size_t agent, std::span<float> observation) const noexcept {
    observation[0] = agent == 0 ? 1.0F : 0.0F;
    observation[1] = agent == 1 ? 1.0F : 0.0F;
  }
  void observe_state(std::span<float> state) const noexcept { state[0] = 1.0F; }

 private:
  config config_{};
};

static_assert(cooperative_environment<matrix_game>);

}  // namespace muster::inline MUSTER_ABI::env
