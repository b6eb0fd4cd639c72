// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/view_of_targets.hpp"

#include <muster/kmps/baselines/local_only.hpp>

using namespace muster;

TEST_CASE("local_only stays in its cluster while a node there is valid", "[kmps][baselines]") {
  support::hand_made h{2, 2};
  rng random{1};
  CHECK(kmps::local_only{}.choose(h.view, random) == 0);
  h.queue(0, 3);
  CHECK(kmps::local_only{}.choose(h.view, random) == 1);
  h.queue(1, 30);  // the neighbours are idle, but not asked
  CHECK(kmps::local_only{}.choose(h.view, random) == 0);
  h.cells[0].replicas = h.cells[1].replicas = 0;
  CHECK(kmps::local_only{}.choose(h.view, random) == 4);
}
