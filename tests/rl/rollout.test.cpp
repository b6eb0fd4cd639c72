// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/rl/gae.hpp>
#include <muster/rl/rollout.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"

using muster::rl::gae_advantage, muster::rl::ppo_batch, muster::rl::rollout;

namespace {

rollout::config two_lanes{.lanes = 2,
                          .observation_size = 2,
                          .critic_observation = 1,
                          .masked_actions = 3,
                          .capacity = 16,
                          .discount = 0.5F};

void add(rollout& r, std::size_t lane, float mark, float value) {
  const std::array observation{mark, -mark};
  const std::array state{10.0F * mark};
  const std::array<std::uint8_t, 3> mask{1, 0, 1};
  r.add(lane, {observation, state, mask, 2, -mark, value});
}

}  // namespace

TEST_CASE("interleaved lanes are estimated each for itself", "[rl][rollout]") {
  rollout r{two_lanes};
  // lane 0: values 1, 2, then terminated; lane 1: value 5, then cut with V = 8.
  add(r, 0, 1.0F, 1.0F);
  add(r, 1, 2.0F, 5.0F);
  r.reward(0, 3.0F);
  add(r, 0, 3.0F, 2.0F);
  r.reward(1, 0.5F);
  r.reward(1, 0.5F);
  r.reward(0, 7.0F);
  r.terminate(0);
  r.truncate(1, 8.0F);
  r.finish(gae_advantage{{.lambda = 0.0}});

  const ppo_batch b = r.batch();
  REQUIRE(b.size() == 3);
  CHECK(b.targets[0] == 3.0F + 0.5F * 2.0F);
  CHECK(b.targets[1] == 1.0F + 0.5F * 8.0F);
  CHECK(b.targets[2] == 7.0F);
  CHECK(b.advantages[0] == 3.0F);
  CHECK(b.advantages[1] == 0.0F);
  CHECK(b.advantages[2] == 5.0F);
  CHECK(b.values[1] == 5.0F);

  SECTION("transitions: reward, discount, and the row that comes next in the lane") {
    CHECK(std::vector<std::uint32_t>(b.next.begin(), b.next.end()) ==
          std::vector{2U, ppo_batch::no_next, ppo_batch::no_next});
    CHECK(std::vector<float>(b.rewards.begin(), b.rewards.end()) == std::vector{3.0F, 1.0F, 7.0F});
    CHECK(std::vector<float>(b.discounts.begin(), b.discounts.end()) ==
          std::vector{0.5F, 0.5F, 0.0F});
  }
  SECTION("columns keep the order of add") {
    CHECK(std::vector<float>(b.observations.begin(), b.observations.end()) ==
          std::vector{1.0F, -1.0F, 2.0F, -2.0F, 3.0F, -3.0F});
    CHECK(b.critic_observations[1] == 20.0F);
    CHECK(b.masks.size() == 9);
    CHECK(b.log_probs[2] == -3.0F);
    CHECK(b.actions[0] == 2);
  }
  SECTION("with lambda 1 the reward of the end reaches the start of its lane only") {
    r.finish(gae_advantage{{.lambda = 1.0}});
    CHECK(r.batch().targets[0] == 3.0F + 0.5F * 7.0F);
    CHECK(r.batch().targets[1] == 5.0F);
  }
}

TEST_CASE("a step can have a discount and a next value of its own", "[rl][rollout]") {
  rollout r{{.lanes = 1, .observation_size = 1, .discount = 0.5F}};
  const std::array x{0.0F};
  r.add(0, {.observation = x, .critic_observation = {}, .mask = {}, .value = 1.0F});
  r.discount(0, 1.0F);
  r.add(
      0,
      {.observation = x, .critic_observation = {}, .mask = {}, .value = 2.0F, .next_value = 30.0F});
  r.truncate(0, 4.0F);
  r.finish(gae_advantage{{.lambda = 0.0}});
  CHECK(r.batch().targets[0] == 30.0F);
  CHECK(r.batch().targets[1] == 2.0F);
  CHECK(r.batch().critic_observations.data() == r.batch().observations.data());
  CHECK(r.batch().masks.empty());
}

TEST_CASE("an empty rollout is an empty batch", "[rl][rollout]") {
  rollout r{two_lanes};
  r.finish(gae_advantage{});
  CHECK(r.batch().size() == 0);
  CHECK_FALSE(r.is_open(0));
}

TEST_CASE("a rollout within its capacity does not allocate", "[rl][rollout]") {
  rollout r{two_lanes};
  muster::testing::no_alloc_scope scope;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t k = 0; k < 8; ++k) {
      add(r, 0, 1.0F, 1.0F);
      add(r, 1, 2.0F, 1.0F);
      CHECK(r.is_open(1));
    }
    r.terminate(0);
    r.terminate(1);
    r.finish(gae_advantage{});
    r.clear();
  }
  CHECK(scope.allocations() == 0);
}
