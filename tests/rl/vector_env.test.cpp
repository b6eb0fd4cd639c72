// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/core/thread_pool.hpp>
#include <muster/env/cart_pole.hpp>
#include <muster/rl/vector_env.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"

using muster::rng, muster::step_outcome;
using muster::env::cart_pole, muster::rl::vector_env;

namespace {

// Counts up from a start value; ends after `length` steps, by truncation if told so.
// Action 1 is forbidden on odd counts.
struct counter {
  std::uint32_t length = 3;
  bool by_truncation = false;
  float now = 0.0F;
  std::uint32_t steps = 0;

  [[nodiscard]] std::size_t observation_size() const noexcept { return 1; }
  [[nodiscard]] std::size_t action_count() const noexcept { return 2; }
  void reset(rng& g) noexcept {
    now = static_cast<float>(100 + uniform_below(g, 100));
    steps = 0;
  }
  step_outcome step(std::uint32_t action, rng&) noexcept {
    now += 1.0F;
    const bool over = ++steps >= length;
    return {static_cast<float>(action), over && !by_truncation, over && by_truncation};
  }
  void observe(std::span<float> o) const noexcept { o[0] = now; }
  void mask(std::span<std::uint8_t> m) const noexcept {
    m[0] = 1;
    m[1] = steps % 2 == 0 ? 1 : 0;
  }
};
static_assert(muster::masked_environment<counter>);

}  // namespace

TEST_CASE("a lane that is done is reset and its last observation kept", "[rl][vector_env]") {
  vector_env<counter> lanes{
      std::vector<counter>{{.length = 2}, {.length = 3, .by_truncation = true}}};
  lanes.reset(rng{5});
  const float first = lanes.observations()[0];
  const float second = lanes.observations()[1];
  CHECK(first != second);
  CHECK(lanes.masks()(0, 1) == 1);
  const std::array<std::uint32_t, 2> actions{1, 0};
  lanes.step(actions);
  CHECK_FALSE(lanes.done(0));
  CHECK(lanes.observations()[0] == first + 1.0F);
  CHECK(lanes.masks()(0, 1) == 0);
  CHECK(lanes.length(0) == 1);
  CHECK(lanes.rewards()[0] == 1.0F);

  const std::array<std::uint32_t, 2> zero{0, 0};
  lanes.step(zero);
  CHECK(lanes.terminated(0));
  CHECK_FALSE(lanes.truncated(0));
  CHECK(lanes.final_observations()[0] == first + 2.0F);
  CHECK(lanes.observations()[0] >= 100.0F);
  CHECK(lanes.observations()[0] != first + 2.0F);
  CHECK(lanes.masks()(0, 1) == 1);
  CHECK(lanes.finished_return(0) == 1.0);
  CHECK(lanes.length(0) == 0);
  CHECK_FALSE(lanes.done(1));

  lanes.step(zero);
  CHECK(lanes.truncated(1));
  CHECK_FALSE(lanes.terminated(1));
  CHECK(lanes.final_observations()[1] == second + 3.0F);
  CHECK_FALSE(lanes.done(0));
}

TEST_CASE("lanes have streams of their own, whatever runs them", "[rl][vector_env]") {
  vector_env<cart_pole> one{6, cart_pole{}};
  vector_env<cart_pole> two{6, cart_pole{}};
  one.reset(rng{9});
  two.reset(rng{9});
  muster::thread_pool pool{2};
  rng g{1};
  std::array<std::uint32_t, 6> actions{};
  for (int k = 0; k < 300; ++k) {
    for (auto& a : actions) a = static_cast<std::uint32_t>(uniform_below(g, 2));
    one.step(actions);
    two.step(actions, pool);
    for (std::size_t i = 0; i < one.observations().size(); ++i) {
      REQUIRE(one.observations()[i] == two.observations()[i]);
    }
  }
  // A lane alone goes the same way as the lane among others.
  CHECK(one.masks().empty());
  CHECK(one.observations().shape() == muster::num::shape{6, 4});
}

TEST_CASE("stepping lanes does not allocate", "[rl][vector_env]") {
  vector_env<cart_pole> lanes{4, cart_pole{}};
  lanes.reset(rng{2});
  const std::array<std::uint32_t, 4> actions{0, 1, 0, 1};
  muster::testing::no_alloc_scope scope;
  for (int k = 0; k < 100; ++k) lanes.step(actions);
  CHECK(scope.allocations() == 0);
}
