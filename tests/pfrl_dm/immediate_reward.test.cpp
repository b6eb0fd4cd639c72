// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <muster/pfrl_dm/immediate_reward.hpp>
#include <muster/rl/gae.hpp>

#include "support/catch.hpp"

using muster::pfrl_dm::immediate_reward;

namespace {

struct sums {
  std::array<float, 3> advantages{}, targets{};
};

// Rewards 1, 2, 4 with discount 0.5, the end terminated: returns 3, 4, 4. V = 0.5, 1, 1.5.
template <class Estimator>
sums three_steps(const Estimator& e) {
  constexpr std::array rewards{1.0F, 2.0F, 4.0F}, values{0.5F, 1.0F, 1.5F};
  constexpr std::array next_values{1.0F, 1.5F, 0.0F}, discounts{0.5F, 0.5F, 0.0F};
  constexpr std::array<std::uint8_t, 3> ends{0, 0, 1};
  sums s;
  e.estimate({rewards, values, next_values, discounts, ends}, s.advantages, s.targets);
  return s;
}

// The chain a -> b -> end pays 0, then 1, over and over. What does a critic learn that can
// predict one number for a and one for b, and is regressed on the targets until it fits?
template <class Estimator>
std::array<double, 2> values_of_chain(const Estimator& e) {
  std::array<float, 2> v{};
  for (int pass = 0; pass < 200; ++pass) {
    const std::array rewards{0.0F, 1.0F}, next_values{v[1], 0.0F}, discounts{0.9F, 0.0F};
    constexpr std::array<std::uint8_t, 2> ends{0, 1};
    std::array<float, 2> advantages{}, targets{};
    e.estimate({rewards, v, next_values, discounts, ends}, advantages, targets);
    for (std::size_t i = 0; i < 2; ++i) v[i] += 0.2F * (targets[i] - v[i]);
  }
  return {static_cast<double>(v[0]), static_cast<double>(v[1])};
}

}  // namespace

TEST_CASE("the literal targets are rewards, the sensible ones returns", "[pfrl_dm]") {
  const sums literal = three_steps(immediate_reward{});
  CHECK(literal.targets == std::array{1.0F, 2.0F, 4.0F});
  CHECK(literal.advantages == std::array{2.5F, 3.0F, 2.5F});
  const sums sensible = three_steps(muster::rl::gae_advantage{{.lambda = 1.0}});
  CHECK(sensible.targets == std::array{3.0F, 4.0F, 4.0F});
  CHECK(sensible.advantages == literal.advantages);
}

TEST_CASE("on a chain of two states only returns give a value function", "[pfrl_dm]") {
  const auto literal = values_of_chain(immediate_reward{});
  CHECK(literal[0] == Approx(0.0).margin(1e-6));  // a is worth nothing, it says
  CHECK(literal[1] == Approx(1.0));
  const auto sensible = values_of_chain(muster::rl::gae_advantage{{.lambda = 1.0}});
  CHECK(sensible[0] == Approx(0.9));
  CHECK(sensible[1] == Approx(1.0));
}
