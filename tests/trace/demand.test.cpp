// SPDX-License-Identifier: Apache-2.0
#include <muster/trace/demand.hpp>

#include "support/catch.hpp"

using muster::instant;
using muster::job;
using muster::job_id;
using muster::microseconds;
using muster::seconds;
using muster::trace::demand;
using muster::trace::task;

TEST_CASE("a task becomes the request of the released program", "[trace][demand]") {
  task t;
  t.type = 5;  // c = 1
  t.cpu = 1.0F;
  t.memory = 0.3F;
  t.allowance = seconds(9);
  const instant when = instant{} + seconds(100);
  const job j = demand{}.request(t, job_id{7}, when);
  CHECK(j.id == job_id{7});
  CHECK(j.arrival == when);
  CHECK(j.deadline == when + seconds(9));
  CHECK(j.work == microseconds(66'667));  // 1 / 15 s
  CHECK(j.service == muster::service_id{5});
  CHECK(j.cpu == 0.5F);
  CHECK(j.memory == Approx(0.048F));  // 0.3 % of 16 GB
  CHECK_FALSE(j.urgent);
}

TEST_CASE("coefficients, clamps and the deadline scale", "[trace][demand]") {
  const auto of = [](std::uint32_t type, float cpu, double scale) {
    task t;
    t.type = type;
    t.cpu = cpu;
    t.allowance = seconds(3);
    return demand{}.request(t, job_id{}, instant{}, scale);
  };
  CHECK(of(0, 1.0F, 1.0).work == microseconds(83'333));   // c = 0.8
  CHECK(of(11, 1.0F, 1.0).work == microseconds(51'282));  // c = 1.3
  CHECK(of(99, 1.0F, 1.0).work == microseconds(66'667));  // unknown: c = 1
  CHECK(of(0, 0.05F, 1.0).cpu == 0.1F);
  CHECK(of(0, 0.5F, 1.0).cpu == 0.25F);
  CHECK(of(0, 7.0F, 1.0).cpu == 0.5F);
  CHECK(of(0, 0.0F, 1.0).work == muster::duration{});
  CHECK(of(0, 1.0F, 0.5).deadline == instant{1'500'000});
  CHECK(of(0, 1.0F, 2.5).deadline == instant{7'500'000});
}

TEST_CASE("an allowance below zero stays below zero", "[trace][demand]") {
  task t;
  t.allowance = seconds(-4);
  const job j = demand{}.request(t, job_id{}, instant{} + seconds(1), 0.5);
  CHECK(j.deadline == instant{} + seconds(-1));
}
