// SPDX-License-Identifier: Apache-2.0
#include <muster/core/rng.hpp>
#include <muster/rl/gae.hpp>
#include <muster/rl/n_step.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"

using muster::rng, muster::uniform01, muster::uniform_below;
using muster::rl::n_step;

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

episode random_episode(std::uint64_t seed, std::size_t n) {
  rng g{seed};
  episode e{n};
  for (std::size_t k = 0; k < n; ++k) {
    e.rewards[k] = static_cast<float>(uniform01(g) * 2.0 - 1.0);
    e.values[k] = static_cast<float>(uniform01(g) * 4.0 - 2.0);
    e.discounts[k] = static_cast<float>(uniform01(g));
    if (uniform_below(g, 9) == 0) {
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

}  // namespace

TEST_CASE("two-step returns by hand", "[rl][n_step]") {
  episode e{4};
  e.rewards = {1.0F, 2.0F, 4.0F, 8.0F};
  e.values = {10.0F, 20.0F, 30.0F, 40.0F};
  e.next_values = {20.0F, 30.0F, std::numeric_limits<float>::quiet_NaN(), 100.0F};
  e.discounts = {0.5F, 0.5F, 0.0F, 0.25F};
  e.ends = {0, 0, 1, 1};  // terminated after the third, cut after the fourth
  n_step{{.steps = 2}}.estimate(e.view(), e.advantages, e.targets);
  CHECK(e.targets == std::vector{1.0F + 0.5F * (2.0F + 0.5F * 30.0F), 2.0F + 0.5F * 4.0F, 4.0F,
                                 8.0F + 0.25F * 100.0F});
  CHECK(e.advantages[0] == e.targets[0] - 10.0F);
  CHECK(e.advantages[3] == -7.0F);
}

TEST_CASE("one step is lambda 0, all steps are lambda 1", "[rl][n_step]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    episode a = random_episode(seed, 60);
    episode b = a;
    n_step{{.steps = 1}}.estimate(a.view(), a.advantages, a.targets);
    muster::rl::gae(b.view(), 0.0, b.advantages, b.targets);
    for (std::size_t k = 0; k < 60; ++k) REQUIRE(a.targets[k] == Approx(b.targets[k]).margin(1e-6));
    n_step{{.steps = 1000}}.estimate(a.view(), a.advantages, a.targets);
    muster::rl::gae(b.view(), 1.0, b.advantages, b.targets);
    for (std::size_t k = 0; k < 60; ++k) {
      REQUIRE(a.targets[k] == Approx(b.targets[k]).margin(1e-5));
      REQUIRE(a.advantages[k] == Approx(b.advantages[k]).margin(1e-5));
    }
  }
}
