// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <array>
#include <muster/queue/shortest_allowance.hpp>
#include <muster/testing/laws/dequeue_strategy.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "support/catch.hpp"
#include "support/queue_jobs.hpp"

using muster::job;
using muster::queue::shortest_allowance;
using queue_jobs::at;
using queue_jobs::make;

TEST_CASE("shortest_allowance obeys the laws of dequeue_strategy", "[queue][laws]") {
  muster::testing::check_laws(shortest_allowance{}, /*seed=*/7, /*rounds=*/300,
                              [](const char* law, bool holds) {
                                INFO(law);
                                CHECK(holds);
                              });
}

TEST_CASE("shortest_allowance orders by d - a, then d, then id", "[queue][shortest_allowance]") {
  constexpr std::array jobs{make(1, 0, 9), make(2, 6, 10), make(3, 1, 6)};  // 9, 4, 5
  static_assert(shortest_allowance{}.pick(jobs, at(7)) == 1);
  constexpr std::array equal{make(1, 3, 7), make(2, 1, 5)};  // 4 and 4
  static_assert(shortest_allowance{}.pick(equal, at(7)) == 1, "the earlier deadline");
  constexpr std::array twins{make(9, 3, 7), make(4, 3, 7)};
  static_assert(shortest_allowance{}.pick(twins, at(7)) == 1);
  CHECK(shortest_allowance{}.pick(jobs, at(0)) == 1);
}
