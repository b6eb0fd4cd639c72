// SPDX-License-Identifier: Apache-2.0
#include <muster/env/detail/cloud_workload.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/catch.hpp"

using namespace muster;
using env::cloud_vm_config, env::detail::cloud_workload;

namespace {

trace::task task(double start, double run, float cpu, float memory) {
  trace::task t;
  t.start = instant{} + from_seconds(start);
  t.allowance = from_seconds(run);
  t.cpu = cpu;
  t.memory = memory;
  return t;
}

// Slots of 10 s; one machine of 4 vCPUs and 8 GB, one of 8 vCPUs and 4 GB.
cloud_vm_config two_machines() {
  cloud_vm_config c;
  c.machines = {{4, 8.0, 1}, {8, 4.0, 1}};
  c.max_machines = 2;
  c.max_cpu = 8;
  c.max_memory = 16.0;
  c.slot = seconds(10);
  return c;
}

}  // namespace

TEST_CASE("vCPUs, slots and arrivals are rounded up, memory to a thousandth", "[env][cloud_vm]") {
  const std::vector rows{task(100.0, 10.0, 1.0F, 1.5F), task(100.1, 10.1, 1.1F, 0.1F),
                         task(110.0, 0.0, 0.0F, 0.0F), task(120.5, 29.0, 4.0F, 8.0F)};
  const cloud_workload w{rows, two_machines()};
  REQUIRE(w.tasks.size() == 4);
  CHECK(w.refused.total() == 0);
  const std::int64_t arrivals[] = {0, 1, 1, 3};
  const std::uint32_t runs[] = {1, 2, 1, 3}, cpus[] = {1, 2, 1, 4};
  const std::int32_t memories[] = {1500, 100, 0, 8000};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(w.tasks[i].arrival == arrivals[i]);
    CHECK(w.tasks[i].run == runs[i]);
    CHECK(w.tasks[i].cpu == cpus[i]);
    CHECK(w.tasks[i].memory == memories[i]);
    CHECK(w.tasks[i].row == i);
  }
  // As shares of a frame of 8 vCPUs and 16 GB.
  CHECK(w.demands ==
        std::vector<float>{0.125F, 1.5F / 16.0F, 0.25F, 0.1F / 16.0F, 0.125F, 0.0F, 0.5F, 0.5F});
}

TEST_CASE("the order is that of arrival, ties in the order of the rows", "[env][cloud_vm]") {
  const std::vector rows{task(5.0, 1.0, 1.0F, 0.0F), task(-20.0, 1.0, 2.0F, 0.0F),
                         task(5.0, 1.0, 3.0F, 0.0F), task(4.0, 1.0, 4.0F, 0.0F)};
  const cloud_workload w{rows, two_machines()};
  REQUIRE(w.tasks.size() == 4);
  const std::uint32_t order[] = {1, 3, 0, 2};
  for (std::size_t i = 0; i < 4; ++i) CHECK(w.tasks[i].row == order[i]);
  CHECK(w.tasks[0].arrival == 0);  // the clock starts with the first task
  CHECK(w.tasks[1].arrival == 3);
}

TEST_CASE("a task that no machine can ever run is refused and counted", "[env][cloud_vm]") {
  const float nan = std::nanf("");
  const float infinite = std::numeric_limits<float>::infinity();
  std::vector rows{
      task(0, 1, 9.0F, 0.0F),      // more vCPUs than any machine
      task(0, 1, 1e30F, 0.0F),     //
      task(0, 1, 1.0F, 8.001F),    // more memory than any
      task(0, 1, 5.0F, 5.0F),      // either would do, but not of the same machine
      task(0, 1, 1.0F, 1e30F),     //
      task(0, 1, -1.0F, 0.0F),     // malformed from here on
      task(0, 1, nan, 0.0F),       //
      task(0, 1, infinite, 0.0F),  //
      task(0, 1, 1.0F, -0.5F),     //
      task(0, 1, 1.0F, nan),       //
      task(0, 1, 1.0F, infinite),  //
      task(0, -1, 1.0F, 0.0F),     //
      task(0, 3e10, 1.0F, 0.0F),   // 3e9 slots
      task(3e10, 1, 1.0F, 0.0F),   // 3e9 slots after the first
      task(0, 1, 4.0F, 8.0F),      // these two are fine
      task(0, 1, 8.0F, 4.0F),      //
      task(0, 1, 1.0F, 0.0F),      // and this one starts at no time
  };
  rows.back().start.us = (std::numeric_limits<std::int64_t>::min)();
  const cloud_workload w{rows, two_machines()};
  CHECK(w.refused.cpu == 2);
  CHECK(w.refused.memory == 3);
  CHECK(w.refused.malformed == 10);
  REQUIRE(w.tasks.size() == 2);
  CHECK(w.tasks[0].row == 14);
  CHECK(w.demands.size() == 4);
}

TEST_CASE("the unit of memory turns per cent of a machine into GB", "[env][cloud_vm]") {
  cloud_vm_config c = two_machines();
  c.task_memory_unit = 64.0 / 100.0;  // the trace's machines have 64 GB
  const std::vector rows{task(0, 1, 1.0F, 12.5F), task(0, 1, 1.0F, 12.6F)};
  const cloud_workload w{rows, c};
  REQUIRE(w.tasks.size() == 1);
  CHECK(w.tasks[0].memory == 8000);
  CHECK(w.refused.memory == 1);
}

TEST_CASE("no tasks are a workload too", "[env][cloud_vm]") {
  const cloud_workload w{{}, two_machines()};
  CHECK(w.tasks.empty());
  CHECK(w.refused.total() == 0);
}
