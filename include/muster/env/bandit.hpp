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

/// The smallest problem: pull one of some arms, get one or nothing, and it is over.
///
/// Idea    with one state and one step, a policy can only learn which arm pays most; what
///         fails here fails everywhere.
/// Observation    the constant 1 (one number). Actions: the arms.
/// Determinism    one random number per step.
class bandit {
 public:
  struct config {
    std::vector<float> pay = {0.2F, 0.5F, 0.8F};  ///< probability that an arm pays 1; [0, 1]
  };

  bandit() = default;
  explicit bandit(config c) : config_{std::move(c)} {
    MUSTER_EXPECTS(!config_.pay.empty(),
                   "muster: env::bandit has no arms; give config.pay at least one probability");
  }

  [[nodiscard]] std::size_t observation_size() const noexcept { return 1; }
  [[nodiscard]] std::size_t action_count() const noexcept { return config_.pay.size(); }
  void reset(rng&) noexcept {}
  [[nodiscard]] step_outcome step(std::uint32_t arm, rng& g) noexcept {
    MUSTER_EXPECTS(arm < config_.pay.size(),
                   "muster: env::bandit has no such arm; pass an index below action_count()");
    const bool paid = uniform01(g) < static_cast<double>(config_.pay[arm]);
    return {.reward = paid ? 1.0F : 0.0F, .terminated = true, .truncated = false};
  }
  void observe(std::span<float> observation) const noexcept { observation[0] = 1.0F; }

 private:
  config config_{};
};

static_assert(environment<bandit>);

}  // namespace muster::inline MUSTER_ABI::env
