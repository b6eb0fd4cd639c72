// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/kmps/orchestration/change_ledger.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "kmps/orchestration/frames.hpp"
#include "support/catch.hpp"

using namespace muster;
using kmps::change_ledger;

TEST_CASE("the ledger adds until memory is spent", "[kmps][orchestration]") {
  tests::made_frame f{1, 2, 3};
  f.rows[0].memory_used = 13500;  // 2.5 of 16 GB are free
  change_ledger l;
  l.open(f.view);
  CHECK(l.add(0, 1, 1));
  CHECK(l.possible(0, 2, 1));
  CHECK(l.add(0, 2, 1));
  CHECK_FALSE(l.possible(0, 0, 1));
  CHECK_FALSE(l.add(0, 0, 1));
  CHECK(l.add(1, 0, 1));  // another node has its own memory
  const auto plan = l.close();
  REQUIRE(plan.size() == 3);
  CHECK(plan[0].target == 0);
  CHECK(index_of(plan[0].service) == 1);
  CHECK(plan[0].delta == 1);
  CHECK(plan[2].target == 1);
}

TEST_CASE("the ledger removes what is there, starting ones included", "[kmps][orchestration]") {
  tests::made_frame f{1, 2, 3};
  f.place(0, 1, 1);
  f.starting[0 * 3 + 1] = 1;
  change_ledger l;
  l.open(f.view);
  CHECK(l.add(0, 1, -1));
  CHECK(l.add(0, 1, -1));
  CHECK_FALSE(l.add(0, 1, -1));
  CHECK_FALSE(l.add(0, 2, -1));
  const auto plan = l.close();
  REQUIRE(plan.size() == 1);
  CHECK(plan[0].delta == -2);
}

TEST_CASE("a removal does not pay for an addition, taking back one does", "[kmps][orchestration]") {
  tests::made_frame f{1, 1, 2};
  f.rows[0].memory_total = 2000;
  f.place(0, 0, 1);
  change_ledger l;
  l.open(f.view);
  CHECK(l.add(0, 0, -1));
  CHECK(l.add(0, 1, 1));
  CHECK_FALSE(l.add(0, 1, 1));  // the replica of service 0 may be busy for a while
  CHECK(l.add(0, 1, -1));       // nothing was started yet
  CHECK(l.add(0, 1, 1));
  CHECK(l.add(0, 0, 1));  // taking back the removal needs no new memory
  const auto plan = l.close();
  REQUIRE(plan.size() == 1);  // service 0 came to nothing
  CHECK(index_of(plan[0].service) == 1);
  CHECK(plan[0].delta == 1);
}

TEST_CASE("opening again forgets, and does not allocate", "[kmps][orchestration]") {
  tests::made_frame f{1, 2, 3};
  change_ledger l;
  const auto fill = [&] {
    l.open(f.view);
    for (std::size_t w = 0; w < 3; ++w) l.add(0, w, 1), l.add(1, w, 1);
    return l.close().size();
  };
  CHECK(fill() == 6);
  const testing::no_alloc_scope scope;
  const std::size_t again = fill();
  const auto allocations = scope.allocations();
  CHECK(again == 6);
  CHECK(allocations == 0);
}
