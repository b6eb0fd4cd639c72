// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/view_of_targets.hpp"

#include <muster/kmps/baselines/cloud_only.hpp>

using namespace muster;

TEST_CASE("cloud_only sends everything to the cloud", "[kmps][baselines]") {
  support::hand_made h{2, 2};
  rng random{1};
  CHECK(kmps::cloud_only{}.choose(h.view, random) == 4);
}
