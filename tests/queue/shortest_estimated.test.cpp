// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <array>
#include <muster/queue/shortest_estimated.hpp>
#include <muster/testing/laws/dequeue_strategy.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "support/catch.hpp"
#include "support/queue_jobs.hpp"

using muster::job;
using muster::queue::shortest_estimated;
using queue_jobs::at;
using queue_jobs::make;

TEST_CASE("shortest_estimated obeys the laws of dequeue_strategy", "[queue][laws]") {
  muster::testing::check_laws(shortest_estimated{}, /*seed=*/7, /*rounds=*/300,
                              [](const char* law, bool holds) {
                                INFO(law);
                                CHECK(holds);
                              });
}

TEST_CASE("shortest_estimated learns which service is short", "[queue][shortest_estimated]") {
  shortest_estimated d;
  const std::array jobs{make(5, 0, 9, 0, 3), make(6, 0, 9, 0, 1), make(7, 0, 9, 0, 2)};
  CHECK(d.pick(jobs, at(0)) == 0);  // all unknown: equal estimates, the smaller id
  d.observe(muster::service_id{1}, muster::milliseconds(800));
  CHECK(d.pick(jobs, at(0)) == 1);
  d.observe(muster::service_id{2}, muster::milliseconds(300));
  CHECK(d.pick(jobs, at(0)) == 2);
  for (int i = 0; i < 30; ++i) d.observe(muster::service_id{2}, muster::seconds(4));
  CHECK(d.pick(jobs, at(0)) == 1);  // service 2 became slow
  d.reset();
  CHECK(d.pick(jobs, at(0)) == 0);
}

TEST_CASE("shortest_estimated ignores urgency and starves a slow service",
          "[queue][shortest_estimated]") {
  shortest_estimated d;
  d.observe(muster::service_id{0}, muster::milliseconds(10));
  d.observe(muster::service_id{1}, muster::milliseconds(20));
  const std::array jobs{make(1, 0, 1, 0, 1, true), make(2, 5, 99, 0, 0)};
  CHECK(d.pick(jobs, at(9)) == 1);
}

TEST_CASE("shortest_estimated allocates in its constructor only", "[queue][shortest_estimated]") {
  shortest_estimated d;
  const std::array jobs{make(5, 0, 9, 0, 3), make(6, 0, 9, 0, 1)};
  muster::testing::no_alloc_scope scope;
  std::size_t sum = 0;
  for (int i = 0; i < 100; ++i) {
    d.observe(muster::service_id{3}, muster::milliseconds(i));
    sum += d.pick(jobs, at(i));
  }
  const auto allocations = scope.allocations();
  CHECK(allocations == 0);
  CHECK(sum == 0);
}
