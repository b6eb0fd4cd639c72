// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/orchestration/fixed_replicas.hpp>

#include "kmps/orchestration/frames.hpp"
#include "support/catch.hpp"

using namespace muster;

static_assert(orchestrator<kmps::fixed_replicas>);
static_assert(!learning_orchestrator<kmps::fixed_replicas>);

TEST_CASE("fixed_replicas plans nothing, whatever it sees", "[kmps][orchestration]") {
  tests::made_frame f{1, 2, 3};
  f.at_access[0] = 1000;
  kmps::fixed_replicas o;
  rng g{1};
  CHECK(o.plan(f.view, g).empty());
  CHECK(g == rng{1});
}
