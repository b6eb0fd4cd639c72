// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <array>
#include <muster/queue/least_slack.hpp>
#include <muster/testing/laws/dequeue_strategy.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "support/catch.hpp"
#include "support/queue_jobs.hpp"

using muster::job;
using muster::queue::least_slack;
using queue_jobs::at;
using queue_jobs::make;

TEST_CASE("least_slack obeys the laws of dequeue_strategy", "[queue][laws]") {
  muster::testing::check_laws(least_slack{}, /*seed=*/7, /*rounds=*/300,
                              [](const char* law, bool holds) {
                                INFO(law);
                                CHECK(holds);
                              });
}

TEST_CASE("least_slack subtracts the work from the time left", "[queue][least_slack]") {
  constexpr std::array jobs{
      make(1, 0, 9, 2),  // slack 7 at t = 0
      make(2, 0, 5, 4),  // slack 1, the least
      make(3, 0, 6, 1),  // slack 5
  };
  static_assert(least_slack{}.pick(jobs, at(0)) == 1);
  static_assert(least_slack{}.slack(jobs[0], at(0)) == muster::seconds(7));
  static_assert(least_slack{}.slack(jobs[1], at(3)) == muster::seconds(-2));
  constexpr std::array twins{make(9, 0, 5, 1), make(4, 0, 6, 2)};
  static_assert(least_slack{}.pick(twins, at(0)) == 1, "equal slack: the smaller id");
  CHECK(least_slack{}.pick(jobs, at(100)) == 1);
}

TEST_CASE("least_slack on a faster node counts less work", "[queue][least_slack]") {
  const std::array jobs{make(1, 0, 9, 6),
                        make(2, 0, 5, 1)};  // slacks 3 and 4; at speed 4: 7.5, 4.75
  CHECK(least_slack{}.pick(jobs, at(0)) == 0);
  const least_slack fast{{.speed = 4.0}};
  CHECK(fast.pick(jobs, at(0)) == 1);
  CHECK(fast.slack(jobs[0], at(0)) == muster::milliseconds(7500));
}
