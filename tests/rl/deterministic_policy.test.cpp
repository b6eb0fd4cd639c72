// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/nn/init.hpp>
#include <muster/rl/deterministic_policy.hpp>
#include <muster/testing/laws/policy.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"

using namespace muster;

TEST_CASE("score_policy obeys the laws of policy", "[rl][deterministic_policy][laws]") {
  rl::score_policy<> p{{.network = {.in = 3, .out = 5, .hidden = {8}}, .action = {}}};
  rng g{2};
  p.initialise(nn::he{}, nn::he{}, g);
  testing::check_policy_laws(p, 3, 5, 7, 200, [](const char* law, bool holds) {
    INFO(law);
    CHECK(holds);
  });
}

TEST_CASE("a box policy acts with tanh of its outputs", "[rl][deterministic_policy]") {
  rl::deterministic_policy<> p{{.network = {.in = 2, .out = 1, .hidden = {}}, .action = {}}};
  auto v = p.store().values();
  // One linear layer: weights from the first boundary on, the bias from the next.
  v[0] = 0.5F;
  v[1] = -1.0F;
  v[16] = 0.25F;
  std::array<float, 1> a{};
  p.act(std::array{1.0F, 2.0F}, a);
  CHECK(a[0] == Approx(std::tanh(0.5F - 2.0F + 0.25F)));
  rng g{1};
  std::array<float, 1> b{};
  p.begin();
  p.explore(std::array{1.0F, 2.0F}, g, b);
  CHECK(b[0] != a[0]);
  CHECK(std::abs(b[0]) <= 1.0F);
}

TEST_CASE("deterministic_policy decides many rows as one by one", "[rl][deterministic_policy]") {
  rl::score_policy<> p{{.network = {.in = 3, .out = 5, .hidden = {8}}, .action = {}}};
  rng g{2};
  p.initialise(nn::he{}, nn::he{}, g);
  std::vector<float> x(12);
  for (float& f : x) f = static_cast<float>(uniform01(g));
  const std::vector<std::uint8_t> masks(20, 1);
  std::array<rl::choice, 4> all{};
  rng a{9}, b{9};
  p.decide(x, masks, a, all);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto one =
        p.decide(std::span{x}.subspan(i * 3, 3), std::span{masks}.subspan(i * 5, 5), b);
    CHECK(one.action == all[i].action);
    CHECK(one.log_prob == Approx(all[i].log_prob));
  }
  testing::no_alloc_scope scope;
  p.decide(x, masks, a, all);
  CHECK(scope.allocations() == 0);
}
