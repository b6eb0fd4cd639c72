// SPDX-License-Identifier: Apache-2.0
#include <muster/nn/init.hpp>
#include <muster/rl/q_policy.hpp>
#include <muster/testing/laws/policy.hpp>

#include <array>
#include <cmath>
#include <cstdint>

#include "support/catch.hpp"

using namespace muster;

TEST_CASE("q_policy obeys the laws of policy", "[rl][q_policy][laws]") {
  rl::q_policy<> p{{.network = {.in = 3, .out = 5, .hidden = {8}}, .epsilon = {}}};
  rng g{2};
  p.initialise(nn::he{}, nn::he{}, g);
  testing::check_policy_laws(p, 3, 5, 7, 200, [](const char* law, bool holds) {
    INFO(law);
    CHECK(holds);
  });
}

TEST_CASE("epsilon falls in a straight line", "[rl][q_policy]") {
  constexpr rl::epsilon_line e{.from = 1.0, .to = 0.2, .over = 4};
  static_assert(e(0) == 1.0 && e(4) == 0.2 && e(100) == 0.2);
  CHECK(e(2) == Approx(0.6));
}

TEST_CASE("exploring takes any allowed action epsilon of the time", "[rl][q_policy]") {
  rl::q_policy<> p{{.network = {.in = 1, .out = 4, .hidden = {}},
                    .epsilon = {.from = 0.5, .to = 0.5, .over = 1}}};
  rng g{1};
  p.initialise(nn::constant{0.0}, nn::constant{0.0}, g);
  const std::array x{1.0F};
  const std::array<std::uint8_t, 4> mask{0, 1, 1, 1};
  std::array<int, 4> count{};
  for (int i = 0; i < 30000; ++i) {
    const rl::choice c = p.decide(x, mask, g);
    ++count[c.action];
    // Ties go to action 1: 1/2 + 1/6 of all, the others 1/6 each.
    REQUIRE(std::exp(c.log_prob) == Approx(c.action == 1 ? 2.0 / 3.0 : 1.0 / 6.0));
  }
  CHECK(count[0] == 0);
  CHECK(count[1] == Approx(20000).margin(400));
  CHECK(count[2] == Approx(5000).margin(300));
  CHECK(p.greedy(x, mask) == 1);
  CHECK(p.decisions() == 30000);
}
