// SPDX-License-Identifier: Apache-2.0
#pragma once

// What ppo.bench.cpp and ppo_libtorch.bench.cpp train: the networks of KMPS on made-up samples.

#include <muster/core/rng.hpp>
#include <muster/rl/rollout.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ppo_setting {

inline constexpr std::size_t width = 120;
inline constexpr std::size_t actions = 20;

struct samples {
  std::vector<float> observations, log_probs, advantages, targets, values;
  std::vector<std::uint32_t> chosen;

  explicit samples(std::size_t n, std::uint64_t seed = 1) {
    muster::rng g{seed};
    const auto draw = [&](double size) {
      return static_cast<float>(size * (2.0 * muster::uniform01(g) - 1.0));
    };
    for (std::size_t i = 0; i < n * width; ++i) observations.push_back(draw(1.0));
    for (std::size_t i = 0; i < n; ++i) {
      log_probs.push_back(-3.0F + draw(0.3));
      advantages.push_back(draw(1.7));
      targets.push_back(draw(1.0));
      values.push_back(draw(1.0));
      chosen.push_back(static_cast<std::uint32_t>(muster::uniform_below(g, actions)));
    }
  }
  [[nodiscard]] muster::rl::ppo_batch batch() const {
    return {.observations = observations,
            .critic_observations = observations,
            .masks = {},
            .actions = chosen,
            .log_probs = log_probs,
            .advantages = advantages,
            .targets = targets,
            .values = values};
  }
};

/// Sixteen different batches of n samples.
[[nodiscard]] inline std::vector<samples> batches(std::size_t n) {
  std::vector<samples> all;
  for (std::uint64_t seed = 1; seed <= 16; ++seed) all.emplace_back(n, seed);
  return all;
}

}  // namespace ppo_setting
