// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <array>
#include <muster/kmps/baselines/released_order.hpp>
#include <muster/testing/laws/dequeue_strategy.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "support/catch.hpp"
#include "support/queue_jobs.hpp"

using namespace muster;
using kmps::released_order;
using queue_jobs::at;
using queue_jobs::make;

TEST_CASE("released_order obeys the laws of dequeue_strategy", "[kmps][laws]") {
  testing::check_laws(released_order{}, 7, 300, [](const char* law, bool holds) {
    INFO(law);
    CHECK(holds);
  });
}

TEST_CASE("released_order: allowance, deadline, and urgent ones before all",
          "[kmps][released_order]") {
  const released_order o;
  const std::array jobs{make(1, 0, 9), make(2, 6, 10), make(3, 1, 6)};  // 9, 4, 5
  CHECK(o.pick(jobs, at(7)) == 1);
  const std::array one_urgent{make(1, 0, 9, 0, 0, true), make(2, 6, 10)};
  CHECK(o.pick(one_urgent, at(7)) == 0);
  const std::array equal{make(1, 3, 7), make(2, 1, 5)};
  CHECK(o.pick(equal, at(7)) == 1);
}

TEST_CASE("released_order: the estimate by hand", "[kmps][released_order]") {
  released_order o;
  const service_id w{3};
  CHECK(o.estimate_us(w) == 2.5e6);
  o.observe(w, milliseconds(700));  // three slots of 250 ms
  CHECK(o.estimate_us(w) == 750e3);
  o.observe(w, milliseconds(250));  // mean of the two is 500 ms
  CHECK(o.estimate_us(w) == Approx(0.8 * 750e3 + 0.2 * 500e3));
  CHECK(o.estimate_us(service_id{0}) == 2.5e6);
  CHECK(o.urgent(make(1, 0, 10, 0, 0), instant{} + milliseconds(7500)));
  CHECK_FALSE(o.urgent(make(1, 0, 10, 0, 0), instant{} + milliseconds(7499)));
  o.reset();
  CHECK(o.estimate_us(w) == 2.5e6);
  testing::no_alloc_scope scope;
  for (int i = 0; i < 30; ++i) o.observe(w, milliseconds(10));
  CHECK(scope.allocations() == 0);
}
