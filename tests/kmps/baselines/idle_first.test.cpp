// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/view_of_targets.hpp"

#include <muster/kmps/baselines/idle_first.hpp>

using namespace muster;

TEST_CASE("idle_first goes local, neighbour, cloud, then to the least backlog",
          "[kmps][baselines]") {
  support::hand_made h{2, 1};
  rng random{1};
  const kmps::idle_first rule;
  CHECK(rule.choose(h.view, random) == 0);
  h.queue(0, 3);
  CHECK(rule.choose(h.view, random) == 1);
  h.queue(1, 2);
  CHECK(rule.choose(h.view, random) == 2);
  h.queue(2, 2);
  CHECK(rule.choose(h.view, random) == 3);
  h.queue(3, 5);
  CHECK(rule.choose(h.view, random) == 1);  // 2 wait at 1 and at 2: the smaller number
  h.rows[1].cpu_used = 3800;                // short of cores: masked
  CHECK(rule.choose(h.view, random) == 2);
  h.cells[3].replicas = 10;  // ten replicas, five waiting
  CHECK(rule.choose(h.view, random) == 3);
}
