// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/view_of_targets.hpp"

#include <cstddef>
#include <vector>

#include <muster/kmps/baselines/released_observation.hpp>

using namespace muster;

TEST_CASE("released_observation has 175 numbers for the authors' system",
          "[kmps][released_observation]") {
  CHECK(kmps::released_observation{}.layout(6, 13, 12).size() == 175);
  CHECK(kmps::released_observation{}.layout(6, 13, 12).per_target == 0);
}

TEST_CASE("released_observation by hand, own nodes first", "[kmps][released_observation]") {
  support::hand_made h{1, 1, 0};
  h.cells[0].replicas = 3;
  h.cells[1].replicas = 5;
  h.cells[2].replicas = 9;  // the cloud is not seen
  h.rows[0].cpu_used = 1500;
  h.rows[0].memory_used = 2500;
  h.rows[0].queue_length = 4;
  h.view.queue_length = 7;
  const kmps::released_observation o;
  std::vector<float> x(o.layout(1, 3, 1).size(), -1.0F);
  o.encode(h.view, x);
  CHECK(x == std::vector{3.0F, 5.0F, 7.0F, 4.0F, 1.5F, 4.0F, 2.5F, 16.0F});
  // The other access point sees its own node first.
  h.view.first_row = 1;
  o.encode(h.view, x);
  CHECK(x == std::vector{5.0F, 3.0F, 7.0F, 0.0F, 0.0F, 4.0F, 0.0F, 16.0F});
}
