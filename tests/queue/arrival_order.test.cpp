// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <array>
#include <muster/queue/arrival_order.hpp>
#include <muster/testing/laws/dequeue_strategy.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "support/catch.hpp"
#include "support/queue_jobs.hpp"

using muster::job;
using muster::queue::arrival_order;
using queue_jobs::at;
using queue_jobs::make;

TEST_CASE("arrival_order obeys the laws of dequeue_strategy", "[queue][laws]") {
  muster::testing::check_laws(arrival_order{}, /*seed=*/7, /*rounds=*/300,
                              [](const char* law, bool holds) {
                                INFO(law);
                                CHECK(holds);
                              });
}

TEST_CASE("arrival_order serves the oldest, whatever its deadline", "[queue][arrival_order]") {
  constexpr std::array jobs{make(1, 3, 4), make(2, 1, 99), make(3, 2, 5)};
  static_assert(arrival_order{}.pick(jobs, at(3)) == 1);
  constexpr std::array twins{make(9, 1, 2), make(4, 1, 9)};
  static_assert(arrival_order{}.pick(twins, at(1)) == 1, "equal arrivals: the smaller id");
  constexpr std::array lifted{make(1, 1, 9), make(2, 2, 9, 0, 0, true)};
  static_assert(arrival_order{}.pick(lifted, at(3)) == 0, "urgent changes nothing here");
  CHECK(arrival_order{}.pick(jobs, at(1000)) == 1);
}

TEST_CASE("arrival_order does not allocate", "[queue][arrival_order]") {
  std::array jobs{make(1, 3, 4), make(2, 1, 99)};
  muster::testing::no_alloc_scope scope;
  const std::size_t i = arrival_order{}.pick(jobs, at(3));
  const auto allocations = scope.allocations();
  CHECK(i == 1);
  CHECK(allocations == 0);
}
