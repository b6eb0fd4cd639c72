// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/nn/init.hpp>
#include <muster/rl/epsilon_actor.hpp>
#include <muster/rl/ppo.hpp>
#include <muster/testing/laws/policy.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <array>
#include <cmath>
#include <cstdint>

#include "support/catch.hpp"

using namespace muster;

namespace {
rl::epsilon_actor<>::config of(double epsilon) {
  rl::epsilon_actor<>::config c;
  c.network = {.in = 2, .out = 4, .hidden = {}};
  c.epsilon = {.from = epsilon, .decay = 1.0, .every = 1};
  return c;
}
}  // namespace

TEST_CASE("epsilon_actor obeys the laws of policy", "[rl][epsilon_actor][laws]") {
  rl::epsilon_actor<> p{of(0.5)};
  rng g{2};
  p.initialise(nn::he{}, nn::he{}, g);
  testing::check_policy_laws(p, 2, 4, 7, 200, [](const char* law, bool holds) {
    INFO(law);
    CHECK(holds);
  });
}

TEST_CASE("epsilon falls by a factor every so many decisions", "[rl][epsilon_actor]") {
  constexpr rl::epsilon_decay e;
  CHECK(e(0) == 0.5);
  CHECK(e(6599) == 0.5);
  CHECK(e(6600) == Approx(0.5 * 0.995));
  CHECK(e(660000) == Approx(0.5 * std::pow(0.995, 100.0)));  // 0.30 after 100 episodes
}

TEST_CASE("decisions are those of the mixture, and so are their probabilities",
          "[rl][epsilon_actor]") {
  rl::epsilon_actor<> p{of(0.4)};
  rng g{2};
  p.initialise(nn::he{}, nn::he{}, g);
  const std::array x{0.5F, -1.0F};
  const std::array<std::uint8_t, 4> mask{1, 1, 0, 1};
  std::array<float, 4> own{};
  p.probabilities(x, mask, own);
  std::array<double, 4> count{};
  constexpr int n = 100000;
  for (int i = 0; i < n; ++i) {
    const auto c = p.decide(x, mask, g);
    count[c.action] += 1.0 / n;
    REQUIRE(std::exp(c.log_prob) ==
            Approx(0.4 / 3.0 + 0.6 * static_cast<double>(own[c.action])).epsilon(1e-5));
  }
  for (std::size_t k = 0; k < 4; ++k) {
    const double expected = mask[k] == 0 ? 0.0 : 0.4 / 3.0 + 0.6 * static_cast<double>(own[k]);
    CHECK(count[k] == Approx(expected).margin(0.006));
  }
  CHECK(p.decisions() == n);
  testing::no_alloc_scope scope;
  (void)p.decide(x, mask, g);
  CHECK(scope.allocations() == 0);
}

TEST_CASE("ppo learns with it", "[rl][epsilon_actor]") {
  using learner = rl::ppo<rl::epsilon_actor<>>;
  learner::config c;
  c.actor = of(0.2);
  c.critic.network = {.in = 2, .out = 1, .hidden = {}};
  rng g{1};
  learner l{c, g};
  CHECK(l.update({}, g).steps == 0);
}
