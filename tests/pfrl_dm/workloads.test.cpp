// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <muster/env/cloud_vm.hpp>
#include <muster/pfrl_dm/workloads.hpp>

#include "support/catch.hpp"

using namespace muster;
using namespace muster::pfrl_dm;

TEST_CASE("the ten clients of the evaluation", "[pfrl_dm][workloads]") {
  const auto made = evaluation_study(1);
  REQUIRE(made.has_value());
  REQUIRE(made->size() == 10);
  for (const study_client& c : *made) {
    INFO(c.name);
    CHECK(c.train.size() == 2100);
    CHECK(c.test.size() == 1400);
    CHECK(c.hybrid.size() == 1400);
    for (const auto* set : {&c.train, &c.test, &c.hybrid}) {
      env::cloud_vm<> world{c.cloud};
      CHECK(world.load(*set).total() == 0);  // every task fits somewhere
    }
    CHECK(env::cloud_vm<>{c.cloud}.observation_size() == 472);  // one frame for all
    double work = 0.0, cores = 0.0;
    for (const auto& m : c.cloud.machines) cores += static_cast<double>(m.cpu) * m.count;
    for (const auto& t : c.train) {
      work += static_cast<double>(t.cpu) * t.allowance.seconds();
      CHECK(t.allowance <= seconds(12'000));
    }
    // The wanted load is that of the scarcer resource, so vCPUs have at most that; heavy tails
    // leave 2100 tasks far from the mean.
    CHECK(work / (cores * c.train.back().start.seconds()) < 1.2);
  }
}

TEST_CASE("a study is a function of its seed", "[pfrl_dm][workloads]") {
  const auto a = preliminary_study(3), b = preliminary_study(3), c = preliminary_study(4);
  REQUIRE((a && b && c));
  REQUIRE(a->size() == 4);
  CHECK((*a)[2].hybrid == (*b)[2].hybrid);
  CHECK((*a)[2].train != (*c)[2].train);
}
