// SPDX-License-Identifier: Apache-2.0
#include <muster/core/rng.hpp>
#include <muster/rl/gae.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"

using muster::rng, muster::uniform01, muster::uniform_below;
using muster::rl::gae;

namespace {

struct episode {
  std::vector<float> rewards, values, next_values, discounts, advantages, targets;
  std::vector<std::uint8_t> ends;

  explicit episode(std::size_t n)
      : rewards(n), values(n), next_values(n), discounts(n), advantages(n), targets(n), ends(n) {}
  [[nodiscard]] muster::trajectory_view view() const {
    return {rewards, values, next_values, discounts, ends};
  }
};

// Random rewards and values, per-step discounts, ends of both kinds.
episode random_episode(std::uint64_t seed, std::size_t n) {
  rng g{seed};
  episode e{n};
  for (std::size_t k = 0; k < n; ++k) {
    e.rewards[k] = static_cast<float>(uniform01(g) * 2.0 - 1.0);
    e.values[k] = static_cast<float>(uniform01(g) * 4.0 - 2.0);
    e.discounts[k] = uniform_below(g, 3) == 0 ? 1.0F : static_cast<float>(uniform01(g));
    if (uniform_below(g, 7) == 0) {
      e.ends[k] = 1;
      if (uniform_below(g, 2) == 0) e.discounts[k] = 0.0F;
    }
  }
  e.ends[n - 1] = 1;
  for (std::size_t k = 0; k < n; ++k) {
    e.next_values[k] = e.ends[k] != 0 ? static_cast<float>(uniform01(g)) : e.values[k + 1];
  }
  return e;
}

// The definition as a double sum, no recurrence: A_k = sum_l (prod g lambda) delta_{k+l}.
double advantage_by_sum(const episode& e, std::size_t k, double lambda) {
  double sum = 0.0;
  double weight = 1.0;
  for (std::size_t l = k; l < e.rewards.size(); ++l) {
    const double g = static_cast<double>(e.discounts[l]);
    sum += weight * (static_cast<double>(e.rewards[l]) + g * static_cast<double>(e.next_values[l]) -
                     static_cast<double>(e.values[l]));
    if (e.ends[l] != 0) break;
    weight *= g * lambda;
  }
  return sum;
}

}  // namespace

TEST_CASE("gae equals the sum that defines it", "[rl][gae]") {
  for (const double lambda : {0.0, 0.3, 0.95, 1.0}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      episode e = random_episode(seed, 40);
      gae(e.view(), lambda, e.advantages, e.targets);
      for (std::size_t k = 0; k < e.rewards.size(); ++k) {
        const double expected = advantage_by_sum(e, k, lambda);
        CHECK(static_cast<double>(e.advantages[k]) == Approx(expected).margin(1e-5));
        CHECK(static_cast<double>(e.targets[k]) ==
              Approx(expected + static_cast<double>(e.values[k])).margin(1e-5));
      }
    }
  }
}

TEST_CASE("lambda 0 is the one-step error, lambda 1 the whole return", "[rl][gae]") {
  episode e = random_episode(3, 50);
  gae(e.view(), 0.0, e.advantages, e.targets);
  for (std::size_t k = 0; k < 50; ++k) {
    CHECK(e.targets[k] == Approx(e.rewards[k] + e.discounts[k] * e.next_values[k]).margin(1e-6));
  }
  gae(e.view(), 1.0, e.advantages, e.targets);
  double rest = 0.0;
  for (std::size_t k = 50; k-- > 0;) {
    const double g = static_cast<double>(e.discounts[k]);
    rest = static_cast<double>(e.rewards[k]) +
           g * (e.ends[k] != 0 ? static_cast<double>(e.next_values[k]) : rest);
    CHECK(static_cast<double>(e.targets[k]) == Approx(rest).margin(1e-5));
  }
}

TEST_CASE("gae by hand: three steps, gamma 0.5, lambda 0.5", "[rl][gae]") {
  // delta = 1 + 1 - 2 = 0 ; 2 + 2 - 2 = 2 ; 4 + 0 - 4 = 0 (terminated)
  // A2 = 0 ; A1 = 2 + 0.25 * 0 = 2 ; A0 = 0 + 0.25 * 2 = 0.5
  const std::array rewards{1.0F, 2.0F, 4.0F};
  const std::array values{2.0F, 2.0F, 4.0F};
  const std::array discounts{0.5F, 0.5F, 0.0F};
  std::array<float, 3> advantages{};
  std::array<float, 3> targets{};
  gae(rewards, values, 100.0F, discounts, 0.5, advantages, targets);
  CHECK(advantages == std::array{0.5F, 2.0F, 0.0F});
  CHECK(targets == std::array{2.5F, 4.0F, 4.0F});
}

TEST_CASE("truncation bootstraps, termination does not", "[rl][gae]") {
  const std::array rewards{1.0F};
  const std::array values{3.0F};
  const std::array next{10.0F};
  const std::array<std::uint8_t, 1> ends{1};
  std::array<float, 1> advantages{};
  std::array<float, 1> targets{};
  const std::array going_on{0.9F};
  gae({rewards, values, next, going_on, ends}, 0.95, advantages, targets);
  CHECK(targets[0] == Approx(10.0F));
  const std::array over{0.0F};
  gae({rewards, values, next, over, ends}, 0.95, advantages, targets);
  CHECK(targets[0] == 1.0F);

  // What lies beyond a termination is not read, even if it is not a number.
  const std::array nothing{std::numeric_limits<float>::quiet_NaN()};
  gae({rewards, values, nothing, over, ends}, 0.95, advantages, targets);
  CHECK(targets[0] == 1.0F);
  CHECK(advantages[0] == -2.0F);
}

TEST_CASE("nothing flows across the end of an episode", "[rl][gae]") {
  episode e = random_episode(11, 30);
  e.ends[12] = 1;
  gae(e.view(), 0.95, e.advantages, e.targets);
  const std::vector<float> before(e.advantages.begin(), e.advantages.begin() + 13);
  for (std::size_t k = 13; k < 30; ++k) e.rewards[k] += 5.0F;
  gae(e.view(), 0.95, e.advantages, e.targets);
  CHECK(before == std::vector<float>(e.advantages.begin(), e.advantages.begin() + 13));
}

TEST_CASE("decisions within one moment are not discounted", "[rl][gae]") {
  // Four decisions at one time (discount 1 between them), reward at the last: all share it.
  const std::array rewards{0.0F, 0.0F, 0.0F, 6.0F};
  const std::array values{0.0F, 0.0F, 0.0F, 0.0F};
  const std::array discounts{1.0F, 1.0F, 1.0F, 0.0F};
  std::array<float, 4> advantages{};
  std::array<float, 4> targets{};
  gae(rewards, values, 0.0F, discounts, 1.0, advantages, targets);
  CHECK(targets == std::array{6.0F, 6.0F, 6.0F, 6.0F});
}

TEST_CASE("both forms agree on one trajectory", "[rl][gae]") {
  episode e = random_episode(5, 25);
  for (std::size_t k = 0; k + 1 < 25; ++k) {
    e.ends[k] = 0;
    if (e.discounts[k] == 0.0F) e.discounts[k] = 0.5F;
    e.next_values[k] = e.values[k + 1];
  }
  e.discounts[24] = 0.7F;
  gae(e.view(), 0.9, e.advantages, e.targets);
  std::vector<float> advantages(25);
  std::vector<float> targets(25);
  gae(e.rewards, e.values, e.next_values[24], e.discounts, 0.9, advantages, targets);
  CHECK(advantages == e.advantages);
  CHECK(targets == e.targets);
}

TEST_CASE("values of a target network give the return they stand for", "[rl][gae]") {
  // Two steps, gamma 1, lambda 0.5; V' differs from V. G1 = 1 + V'(end) = 5;
  // G0 = 0 + 0.5 * V'(s1) + 0.5 * G1 = 0.5 * 3 + 2.5 = 4; A0 = 4 - V(s0) = 4 - 7.
  const std::array rewards{0.0F, 1.0F};
  const std::array values{7.0F, 9.0F};
  const std::array next{3.0F, 4.0F};
  const std::array discounts{1.0F, 1.0F};
  const std::array<std::uint8_t, 2> ends{0, 1};
  std::array<float, 2> advantages{};
  std::array<float, 2> targets{};
  gae({rewards, values, next, discounts, ends}, 0.5, advantages, targets);
  CHECK(targets == std::array{4.0F, 5.0F});
  CHECK(advantages == std::array{-3.0F, -4.0F});
}
