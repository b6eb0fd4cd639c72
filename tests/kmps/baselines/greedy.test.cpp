// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/view_of_targets.hpp"

#include <muster/kmps/baselines/greedy.hpp>

using namespace muster;

TEST_CASE("greedy takes the lowest utilisation, then the fewest requests per core",
          "[kmps][baselines]") {
  support::hand_made h{2, 1};
  rng random{1};
  h.rows[0].cpu_used = 1000;
  h.rows[1].memory_used = 2000;  // 12.5 % beats 25 %
  h.rows[2].cpu_used = 2000;
  h.rows[3].cpu_used = 2000;
  CHECK(kmps::greedy{}.choose(h.view, random) == 1);
  h.rows[2].cpu_used = h.rows[3].cpu_used = 0;
  h.queue(2, 1);
  CHECK(kmps::greedy{}.choose(h.view, random) == 3);
}
