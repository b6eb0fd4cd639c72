// SPDX-License-Identifier: Apache-2.0
#include <muster/env/bandit.hpp>
#include <muster/testing/laws/environment.hpp>

#include "support/catch.hpp"

using muster::rng, muster::env::bandit;

TEST_CASE("bandit obeys the laws of environment", "[env][laws]") {
  muster::testing::check_environment_laws(bandit{}, 1, 200, [](const char* law, bool holds) {
    INFO(law);
    CHECK(holds);
  });
}

TEST_CASE("arms pay as often as their config says", "[env][bandit]") {
  bandit b{{.pay = {0.0F, 0.25F, 1.0F}}};
  CHECK(b.action_count() == 3);
  rng g{3};
  int paid = 0;
  for (int k = 0; k < 20000; ++k) {
    b.reset(g);
    const auto outcome = b.step(1, g);
    CHECK(outcome.terminated);
    paid += outcome.reward == 1.0F ? 1 : 0;
  }
  CHECK(paid == Approx(5000).margin(4.0 * 61.3));  // four standard deviations
  CHECK(b.step(0, g).reward == 0.0F);
  CHECK(b.step(2, g).reward == 1.0F);
}
