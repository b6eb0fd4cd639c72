// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/view_of_targets.hpp"

#include <muster/kmps/baselines/least_queue.hpp>

using namespace muster;

TEST_CASE("least_queue joins the shortest queue per replica", "[kmps][baselines]") {
  support::hand_made h{2, 1};
  rng random{1};
  h.queue(0, 2);
  h.queue(1, 1);
  h.queue(2, 1);
  h.queue(3, 4);
  CHECK(kmps::least_queue{}.choose(h.view, random) == 1);
  h.cells[1].busy = 1;
  CHECK(kmps::least_queue{}.choose(h.view, random) == 2);
  h.cells[3].replicas = 8;
  CHECK(kmps::least_queue{}.choose(h.view, random) == 3);
}
