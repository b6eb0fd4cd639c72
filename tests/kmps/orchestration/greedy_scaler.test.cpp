// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/kmps/orchestration/greedy_scaler.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "kmps/orchestration/frames.hpp"
#include "support/catch.hpp"

using namespace muster;
using kmps::greedy_scaler;

TEST_CASE("the longest queue gets a replica on the node that uses least cpu",
          "[kmps][orchestration]") {
  tests::made_frame f{2, 2, 3};
  f.at_access[0 * 3 + 1] = 4;  // service 1: 4 + 3 + 2 = 9
  f.at_access[1 * 3 + 1] = 3;
  f.cell(3, 1).waiting = 2;
  f.at_access[0 * 3 + 2] = 8;  // service 2: 8 at one place
  f.rows[0].cpu_used = 2000;
  f.rows[1].cpu_used = 1500;
  f.rows[2].cpu_used = 500;
  f.rows[3].cpu_used = 3000;
  greedy_scaler o;
  rng g{1};
  auto plan = o.plan(f.view, g);
  REQUIRE(plan.size() == 1);
  CHECK(index_of(plan[0].service) == 1);
  CHECK(plan[0].target == 2);
  CHECK(plan[0].delta == 1);

  f.rows[2].memory_used = 15500;  // no room there: the next best
  plan = o.plan(f.view, g);
  REQUIRE(plan.size() == 1);
  CHECK(plan[0].target == 1);
}

TEST_CASE("use is relative to the cores there are, ties go to the smaller",
          "[kmps][orchestration]") {
  tests::made_frame f{1, 3, 2};
  f.at_access = {5, 5};
  f.rows[0].cpu_used = 1000;  // 1/4
  f.rows[1].cpu_used = 1500;  // 3/16
  f.rows[1].cpu_total = 8000;
  f.rows[2].cpu_used = 1500, f.rows[2].cpu_total = 8000;
  greedy_scaler o;
  rng g{1};
  const auto plan = o.plan(f.view, g);
  REQUIRE(plan.size() == 1);
  CHECK(index_of(plan[0].service) == 0);
  CHECK(plan[0].target == 1);
}

TEST_CASE("no queue, or no room: no change", "[kmps][orchestration]") {
  tests::made_frame f{1, 2, 2};
  greedy_scaler o;
  rng g{1};
  CHECK(o.plan(f.view, g).empty());
  f.at_access[0] = 3;
  for (auto& r : f.rows) r.memory_used = r.memory_total;
  CHECK(o.plan(f.view, g).empty());
}

TEST_CASE("several adjustments spread over nodes and services", "[kmps][orchestration]") {
  tests::made_frame f{1, 3, 2};
  f.at_access = {4, 3};  // 4 > 3: 0; 3 = 3: 0; 2 < 3: 1; 2 = 2: 0
  greedy_scaler o{{.adjustments = 4}};
  rng g{1};
  const auto plan = o.plan(f.view, g);
  int by_service[2] = {}, by_node[3] = {};
  for (const auto& c : plan) {
    by_service[index_of(c.service)] += c.delta;
    by_node[c.target] += c.delta;
  }
  CHECK(by_service[0] == 3);
  CHECK(by_service[1] == 1);
  CHECK(by_node[0] == 2);
  CHECK(by_node[1] == 1);
  CHECK(by_node[2] == 1);

  const testing::no_alloc_scope scope;
  const std::size_t again = o.plan(f.view, g).size();
  const auto allocations = scope.allocations();
  CHECK(again == plan.size());
  CHECK(allocations == 0);
}
