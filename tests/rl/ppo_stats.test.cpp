// SPDX-License-Identifier: Apache-2.0
#include <muster/rl/ppo_stats.hpp>

#include <array>
#include <cmath>

#include "support/catch.hpp"

using namespace muster::rl;

TEST_CASE("sums become means, counts stay", "[rl][ppo_stats]") {
  ppo_stats s;
  s.policy_loss = 4.0;
  s.critic_gradient_norm = 10.0;
  s.explained_variance = 0.5;
  s.steps = 3;
  s.average(4.0);
  CHECK(s.policy_loss == 1.0);
  CHECK(s.critic_gradient_norm == 2.5);
  CHECK(s.explained_variance == 0.5);
  CHECK(s.steps == 3);
}

TEST_CASE("ratios: how many are clipped, and how far they are", "[rl][ppo_stats]") {
  const std::array ratios{1.0, 1.25, 0.5, 0.81};
  const ratio_spread s = spread_of(std::span<const double>{ratios}, 0.2);
  CHECK(s.clipped == 2.0);
  CHECK(s.kl ==
        Approx((0.25 - std::log(1.25)) + (-0.5 - std::log(0.5)) + (-0.19 - std::log(0.81))));
  const std::array gone{0.0F};  // underflow: large, but finite
  CHECK(std::isfinite(spread_of(std::span<const float>{gone}, 0.2).kl));
  CHECK(spread_of(std::span<const float>{gone}, 0.2).kl > 30.0);
}
