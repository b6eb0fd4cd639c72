// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <array>
#include <muster/queue/delay_greedy.hpp>
#include <muster/testing/laws/dequeue_strategy.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "support/catch.hpp"
#include "support/queue_jobs.hpp"

using muster::job;
using muster::queue::delay_greedy;
using queue_jobs::at;
using queue_jobs::make;

TEST_CASE("delay_greedy obeys the laws of dequeue_strategy", "[queue][laws]") {
  muster::testing::check_laws(delay_greedy{}, /*seed=*/7, /*rounds=*/300,
                              [](const char* law, bool holds) {
                                INFO(law);
                                CHECK(holds);
                              });
}

TEST_CASE("delay_greedy serves the closest timeout that has not passed", "[queue][delay_greedy]") {
  constexpr std::array jobs{make(1, 0, 9), make(2, 1, 5), make(3, 2, 7)};
  static_assert(delay_greedy{}.pick(jobs, at(3)) == 1);
  static_assert(delay_greedy{}.pick(jobs, at(5)) == 1, "at its deadline a job is not yet late");
  static_assert(delay_greedy{}.pick(jobs, at(6)) == 2, "job 2 has expired, job 3 is next");
  static_assert(delay_greedy{}.pick(jobs, at(8)) == 0);
  static_assert(delay_greedy{}.pick(jobs, at(20)) == 0, "all late: the least late one");
  constexpr std::array twins{make(9, 1, 5), make(4, 2, 5)};
  static_assert(delay_greedy{}.pick(twins, at(1)) == 1);
  static_assert(delay_greedy{}.pick(twins, at(9)) == 1);
  CHECK(delay_greedy{}.pick(jobs, at(0)) == 1);
}
