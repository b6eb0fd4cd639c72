// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <array>
#include <muster/queue/adaptive_hybrid.hpp>
#include <muster/testing/laws/dequeue_strategy.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "support/catch.hpp"
#include "support/queue_jobs.hpp"

using muster::job;
using muster::queue::adaptive_hybrid;
using queue_jobs::at;
using queue_jobs::make;

TEST_CASE("adaptive_hybrid obeys the laws of dequeue_strategy", "[queue][laws]") {
  muster::testing::check_laws(adaptive_hybrid{}, /*seed=*/7, /*rounds=*/300,
                              [](const char* law, bool holds) {
                                INFO(law);
                                CHECK(holds);
                              });
}

#include <vector>

using muster::queue::adaptive_hybrid_as_printed;
using muster::queue::lift_urgent;

TEST_CASE("adaptive_hybrid_as_printed obeys the laws too", "[queue][laws]") {
  muster::testing::check_laws(adaptive_hybrid_as_printed{}, 8, 300,
                              [](const char* law, bool holds) {
                                INFO(law);
                                CHECK(holds);
                              });
}

TEST_CASE("adaptive_hybrid: shortest estimate first, urgent ones before all",
          "[queue][adaptive_hybrid]") {
  adaptive_hybrid d;
  d.observe(muster::service_id{0}, muster::milliseconds(100));
  d.observe(muster::service_id{1}, muster::milliseconds(900));
  std::vector<job> jobs{make(1, 0, 50, 0, 1), make(2, 0, 60, 0, 0), make(3, 0, 40, 0, 1)};
  CHECK(d.pick(jobs, at(0)) == 1);
  jobs[0].urgent = true;
  CHECK(d.pick(jobs, at(0)) == 0);
  jobs[2].urgent = true;
  CHECK(d.pick(jobs, at(0)) == 2);  // among urgent ones the earlier deadline
  jobs[0].deadline = jobs[2].deadline;
  CHECK(d.pick(jobs, at(0)) == 0);  // then the smaller id
}

TEST_CASE("a job is urgent when an expected run would end too late", "[queue][adaptive_hybrid]") {
  adaptive_hybrid d;
  const job j = make(1, 0, 10, 0, 4);
  // Nothing known: E = 2.5 s, so urgent from 7.5 s on.
  CHECK_FALSE(d.urgent(j, at(7)));
  CHECK_FALSE(d.urgent(j, muster::instant{7'499'999}));
  CHECK(d.urgent(j, muster::instant{7'500'000}));
  // One run of 1 s: E = mean = 1 s.
  d.observe(muster::service_id{4}, muster::seconds(1));
  CHECK_FALSE(d.urgent(j, muster::instant{8'999'999}));
  CHECK(d.urgent(j, at(9)));
  // Then 3 s: E = 0.8 + 0.6 = 1.4 s, but the mean is 2 s and the larger one counts.
  d.observe(muster::service_id{4}, muster::seconds(3));
  CHECK_FALSE(d.urgent(j, muster::instant{7'999'999}));
  CHECK(d.urgent(j, at(8)));
}

TEST_CASE("the printed test of urgency compares a point of time with a length",
          "[queue][adaptive_hybrid]") {
  adaptive_hybrid_as_printed d;
  d.observe(muster::service_id{0}, muster::seconds(2));  // E = mean = 2 s
  CHECK(d.urgent(make(1, 0, 4), at(0)));                 // 4 - 2 <= 2, though 4 s are left
  CHECK_FALSE(d.urgent(make(2, 0, 100), at(99)));        // hopeless, yet never urgent
}

TEST_CASE("the long-slot pass lifts each job once, and no later than one long slot",
          "[queue][adaptive_hybrid]") {
  adaptive_hybrid d;
  muster::rng g{3};
  for (std::uint32_t s = 0; s < 12; ++s) {
    d.observe(muster::service_id{s}, muster::milliseconds(100 + 150 * s));
  }
  std::vector<job> jobs;
  for (std::uint64_t i = 0; i < 200; ++i) {
    job j = make(i, 0, 0, 0, static_cast<std::uint32_t>(i % 12));
    j.deadline = muster::instant{static_cast<std::int64_t>(muster::uniform_below(g, 60'000'000))};
    jobs.push_back(j);
  }
  const muster::duration long_slot = muster::seconds(2);
  std::vector<int> lifts(jobs.size(), 0);
  std::size_t lifted = 0;
  for (muster::instant now{}; now <= at(62); now += long_slot) {
    const std::vector<job> before = jobs;
    lifted += lift_urgent(d, jobs, now);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      REQUIRE_FALSE((before[i].urgent && !jobs[i].urgent));  // never taken back
      if (before[i].urgent || !jobs[i].urgent) continue;
      ++lifts[i];
      // deadline - max(E, mean): here E and the mean are the one observation.
      const muster::instant due =
          jobs[i].deadline - muster::milliseconds(100 + 150 * static_cast<std::int64_t>(i % 12));
      CHECK(now >= due);
      if (now > muster::instant{}) CHECK(now - due < long_slot);
    }
  }
  CHECK(lifted == jobs.size());
  for (const int n : lifts) CHECK(n == 1);
}

TEST_CASE("the lift saves a slow job that shortest-first would starve",
          "[queue][adaptive_hybrid]") {
  adaptive_hybrid d;
  d.observe(muster::service_id{0}, muster::milliseconds(250));
  d.observe(muster::service_id{1}, muster::milliseconds(1000));
  std::vector<job> waiting{make(0, 0, 21, 0, 1)};  // the slow one, takes 1 s
  std::uint64_t next = 1;
  muster::instant served = muster::never;
  for (int slot = 0; slot < 100; ++slot) {  // one server, one fast job arrives in every slot
    const muster::instant now = muster::instant{} + slot * muster::milliseconds(250);
    waiting.push_back(make(next++, 0, 99, 0, 0));
    if (slot % 8 == 0) lift_urgent(d, waiting, now);
    const std::size_t i = d.pick(waiting, now);
    if (waiting[i].service == muster::service_id{1}) served = now;
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
  }
  CHECK(served == at(20));  // the pass at 20 s is the first with now + 1 s >= 21 s; just in time
}
