// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/view_of_targets.hpp"

#include <muster/kmps/baselines/power_of_two.hpp>

using namespace muster;

TEST_CASE("power_of_two compares two targets and is never worse than both", "[kmps][baselines]") {
  support::hand_made h{2, 1};
  h.queue(1, 1);
  h.queue(2, 2);
  h.queue(3, 3);
  rng random{5};
  int count[4] = {};
  for (int i = 0; i < 12000; ++i) ++count[kmps::power_of_two{}.choose(h.view, random)];
  // Of the six pairs three hold target 0, two of the others hold 1, one is (2, 3).
  CHECK(std::abs(count[0] - 6000) < 280);
  CHECK(std::abs(count[1] - 4000) < 280);
  CHECK(std::abs(count[2] - 2000) < 280);
  CHECK(count[3] == 0);
  for (const int k : {0, 1, 2}) h.cells[static_cast<std::size_t>(k)].replicas = 0;
  CHECK(kmps::power_of_two{}.choose(h.view, random) == 3);  // only one is left
}
