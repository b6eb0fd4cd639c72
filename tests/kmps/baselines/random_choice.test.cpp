// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/view_of_targets.hpp"

#include <muster/kmps/baselines/random_choice.hpp>

using namespace muster;

TEST_CASE("random_choice takes every valid target equally often", "[kmps][baselines]") {
  support::hand_made h{2, 2};
  h.cells[1].replicas = 0;  // invalid
  rng random{7};
  int count[5] = {};
  for (int i = 0; i < 8000; ++i) ++count[kmps::random_choice{}.choose(h.view, random)];
  CHECK(count[1] == 0);
  for (const int k : {0, 2, 3, 4}) CHECK(std::abs(count[k] - 2000) < 200);  // 5 sd
  for (auto& c : h.cells) c.replicas = 0;
  CHECK(kmps::random_choice{}.choose(h.view, random) == 4);  // none valid: the cloud
}
