// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/rl/gae.hpp>
#include <muster/rl/replay_buffer.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"

using namespace muster;
using rl::replay_buffer;

namespace {

// A transition that can be told from its mark in every column.
void add(replay_buffer& r, float mark, float discount = 0.5F) {
  const std::array observation{mark, -mark};
  const std::array next{mark + 0.5F, -mark};
  const std::array state{10.0F * mark};
  const std::array action{mark, mark, 0.25F};
  const std::array<std::uint8_t, 2> mask{1, 0};
  r.add({.observation = observation,
         .state = state,
         .mask = mask,
         .action = action,
         .choice = static_cast<std::uint32_t>(mark),
         .reward = 2.0F * mark,
         .discount = discount,
         .next_observation = next,
         .next_state = state,
         .next_mask = mask});
}

replay_buffer::config of(std::size_t capacity) {
  return {.capacity = capacity,
          .observation_size = 2,
          .state_size = 1,
          .action_size = 3,
          .masked_actions = 2};
}

template <class T>
std::vector<T> all(std::span<const T> s) {
  return {s.begin(), s.end()};
}

}  // namespace

TEST_CASE("replay_buffer keeps the last transitions, column by column", "[rl][replay_buffer]") {
  replay_buffer r{of(3)};
  for (const float mark : {1.0F, 2.0F, 3.0F, 4.0F}) add(r, mark, mark == 3.0F ? 0.0F : 0.5F);
  CHECK(r.size() == 3);
  CHECK(r.added() == 4);
  // Row 0 was overwritten by the fourth.
  CHECK(all(r.rewards()) == std::vector{8.0F, 4.0F, 6.0F});
  CHECK(all(r.observations()) == std::vector{4.0F, -4.0F, 2.0F, -2.0F, 3.0F, -3.0F});
  CHECK(all(r.states()) == std::vector{40.0F, 20.0F, 30.0F});
  CHECK(all(r.choices()) == std::vector<std::uint32_t>{4, 2, 3});
  CHECK(all(r.actions()) == std::vector{4.0F, 4.0F, 0.25F, 2.0F, 2.0F, 0.25F, 3.0F, 3.0F, 0.25F});
  CHECK(all(r.discounts()) == std::vector{0.5F, 0.5F, 0.0F});
  CHECK(all(r.masks()) == std::vector<std::uint8_t>{1, 0, 1, 0, 1, 0});
  // Nothing of what followed a terminated step is kept.
  CHECK(all(r.next_observations()) == std::vector{4.5F, -4.0F, 2.5F, -2.0F, 0.0F, 0.0F});
  CHECK(all(r.next_states()) == std::vector{40.0F, 20.0F, 0.0F});
  CHECK(all(r.next_masks()) == std::vector<std::uint8_t>{1, 0, 1, 0, 0, 0});
  r.clear();
  CHECK(r.size() == 0);
  add(r, 7.0F);
  CHECK(all(r.rewards()) == std::vector{14.0F});
}

TEST_CASE("replay_buffer without states lets the critic see observations", "[rl][replay_buffer]") {
  replay_buffer r{{.capacity = 4, .observation_size = 1}};
  const std::array x{1.0F}, y{2.0F};
  r.add({.observation = x, .next_observation = y});
  CHECK(r.states().data() == r.observations().data());
  CHECK(r.next_states()[0] == 2.0F);
}

TEST_CASE("replay_buffer draws every row equally often", "[rl][replay_buffer]") {
  replay_buffer r{of(8)};
  for (int i = 0; i < 8; ++i) add(r, static_cast<float>(i));
  rng g{3};
  std::vector<std::uint32_t> rows(80000);
  r.sample(g, rows);
  std::array<double, 8> count{};
  for (const std::uint32_t k : rows) {
    REQUIRE(k < 8);
    ++count[k];
  }
  // Chi-square with 7 degrees of freedom: 24.3 is the 0.999 quantile.
  double chi = 0.0;
  for (const double c : count) chi += (c - 10000.0) * (c - 10000.0) / 10000.0;
  CHECK(chi < 24.3);
}

TEST_CASE("a rollout becomes transitions, lane by lane", "[rl][replay_buffer]") {
  rl::rollout memory{{.lanes = 2, .observation_size = 1, .discount = 0.9F}};
  const auto decide = [&](std::size_t lane, float x, std::uint32_t action) {
    memory.add(lane,
               {.observation = {&x, 1}, .critic_observation = {}, .mask = {}, .action = action});
  };
  decide(0, 1.0F, 3);
  decide(1, 2.0F, 4);
  memory.reward(0, 0.5F);
  decide(0, 3.0F, 5);
  memory.terminate(0);
  memory.truncate(1, 7.0F);  // what was seen when lane 1 was cut is not known
  memory.finish(rl::gae_advantage{});
  replay_buffer r{{.capacity = 8, .observation_size = 1}};
  CHECK(r.add(memory.batch()) == 2);
  CHECK(all(r.observations()) == std::vector{1.0F, 3.0F});
  CHECK(all(r.next_observations()) == std::vector{3.0F, 0.0F});
  CHECK(all(r.choices()) == std::vector<std::uint32_t>{3, 5});
  CHECK(all(r.rewards()) == std::vector{0.5F, 0.0F});
  CHECK(all(r.discounts()) == std::vector{0.9F, 0.0F});
}

TEST_CASE("replay_buffer does not allocate after construction", "[rl][replay_buffer]") {
  replay_buffer r{of(64)};
  std::array<std::uint32_t, 16> rows{};
  rng g{1};
  muster::testing::no_alloc_scope scope;
  for (int i = 0; i < 200; ++i) {
    add(r, static_cast<float>(i), i % 5 == 0 ? 0.0F : 0.5F);
    r.sample(g, rows);
  }
  CHECK(scope.allocations() == 0);
}
