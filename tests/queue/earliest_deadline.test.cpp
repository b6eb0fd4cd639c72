// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <array>
#include <muster/queue/earliest_deadline.hpp>
#include <muster/testing/laws/dequeue_strategy.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "support/catch.hpp"
#include "support/queue_jobs.hpp"

using muster::job;
using muster::queue::earliest_deadline;
using queue_jobs::at;
using queue_jobs::make;

TEST_CASE("earliest_deadline obeys the laws of dequeue_strategy", "[queue][laws]") {
  muster::testing::check_laws(earliest_deadline{}, /*seed=*/7, /*rounds=*/300,
                              [](const char* law, bool holds) {
                                INFO(law);
                                CHECK(holds);
                              });
}

#include <algorithm>
#include <vector>

TEST_CASE("earliest_deadline serves the nearest deadline, expired ones first",
          "[queue][earliest_deadline]") {
  constexpr std::array jobs{make(1, 0, 9), make(2, 1, 5), make(3, 2, 7)};
  static_assert(earliest_deadline{}.pick(jobs, at(3)) == 1);
  static_assert(earliest_deadline{}.pick(jobs, at(6)) == 1, "job 2 has expired and still leads");
  constexpr std::array twins{make(9, 1, 5), make(4, 2, 5)};
  static_assert(earliest_deadline{}.pick(twins, at(1)) == 1);
  CHECK(earliest_deadline{}.pick(jobs, at(0)) == 1);
}

TEST_CASE("earliest_deadline meets all deadlines of one server whenever any order does",
          "[queue][earliest_deadline]") {
  muster::rng g{5};
  int feasible_sets = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<job> jobs;
    for (std::uint64_t i = 0; i < 5; ++i) {
      const auto work = 1 + static_cast<std::int64_t>(muster::uniform_below(g, 5));
      const auto deadline = work + static_cast<std::int64_t>(muster::uniform_below(g, 16));
      jobs.push_back(make(i, 0, deadline, work));
    }
    std::vector<std::size_t> order{0, 1, 2, 3, 4};  // the oracle: all 120 orders
    bool feasible = false;
    do {
      std::int64_t t = 0;
      bool all = true;
      for (const std::size_t i : order) all = (t += jobs[i].work.us) <= jobs[i].deadline.us && all;
      feasible = feasible || all;
    } while (!feasible && std::next_permutation(order.begin(), order.end()));

    muster::instant t{};
    bool met = true;
    while (!jobs.empty()) {
      const std::size_t i = earliest_deadline{}.pick(jobs, t);
      t += jobs[i].work;
      met = met && t <= jobs[i].deadline;
      jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(i));
    }
    CHECK(met == feasible);
    feasible_sets += feasible ? 1 : 0;
  }
  CHECK(feasible_sets > 40);  // both kinds of set occurred
  CHECK(feasible_sets < 360);
}
