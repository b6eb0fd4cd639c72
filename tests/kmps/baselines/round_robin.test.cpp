// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/view_of_targets.hpp"

#include <muster/kmps/baselines/round_robin.hpp>

using namespace muster;

TEST_CASE("round_robin takes valid targets in turn, per access point and service",
          "[kmps][baselines]") {
  support::hand_made h{2, 1};
  h.cells[1].replicas = 0;
  rng random{1};
  kmps::round_robin r;
  for (const std::uint32_t k : {0U, 2U, 3U, 0U, 2U}) CHECK(r.choose(h.view, random) == k);
  h.view.access_point = 1;
  CHECK(r.choose(h.view, random) == 0);  // its own turn
  h.view.access_point = 0;
  CHECK(r.choose(h.view, random) == 3);
  r.reset();
  CHECK(r.choose(h.view, random) == 0);
}
