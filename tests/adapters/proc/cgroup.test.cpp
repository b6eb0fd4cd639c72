// SPDX-License-Identifier: Apache-2.0
#include "adapters/proc/fixture.hpp"
#include "support/catch.hpp"

#include <muster/adapters/proc/cgroup.hpp>

namespace proc = muster::adapters::proc;

TEST_CASE("the files of a control group are read", "[adapters][proc]") {
  const auto cpu = proc::read_cgroup_cpu(support::proc_fixture("cpu.stat"));
  REQUIRE(cpu);
  CHECK(cpu->usage_us == 8213000);
  CHECK(cpu->system_us == 2213000);
  CHECK(cpu->throttled == 7);
  CHECK(cpu->throttled_us == 350000);
  CHECK(*proc::read_cgroup_amount(support::proc_fixture("memory.current"), "memory.current") ==
        734003200);
  CHECK(*proc::read_cgroup_amount(support::proc_fixture("memory.max"), "memory.max") ==
        proc::unlimited);
  const auto quota = proc::read_cgroup_quota(support::proc_fixture("cpu.max"));
  REQUIRE(quota);
  CHECK(quota->cores(8.0) == 1.5);
  CHECK(proc::read_cgroup_quota("max 100000\n")->cores(8.0) == 8.0);
}

TEST_CASE("cgroup_use is the part of the cores between two samples", "[adapters][proc]") {
  const proc::cgroup_cpu before{.usage_us = 1'000'000}, after{.usage_us = 1'750'000};
  CHECK(proc::cgroup_use(before, after, muster::seconds(1), 1.5) == 0.5);
  CHECK(proc::cgroup_use(after, before, muster::seconds(1), 1.5) == 0.0);  // made anew
  CHECK(proc::cgroup_use(before, after, muster::duration{}, 1.5) == 0.0);
  CHECK(proc::cgroup_use(before, after, muster::milliseconds(100), 1.5) == 1.0);  // at most all
}

TEST_CASE("the files of a control group say what is wrong", "[adapters][proc]") {
  CHECK(proc::read_cgroup_cpu("user_usec 5\n")
            .failure()
            .to_string()
            .find("cpu.stat: usage_usec: there is no such line") == 0);
  CHECK(proc::read_cgroup_cpu("user_usec 5\nusage_usec\n").failure().line == 2);
  CHECK(proc::read_cgroup_amount("a lot", "memory.max").failure().to_string() ==
        "memory.max:1: 'a' is not an amount; expected bytes, or max");
  CHECK(proc::read_cgroup_amount("", "memory.max").failure().line == 1);
  CHECK_FALSE(proc::read_cgroup_quota("50000"));
  CHECK_FALSE(proc::read_cgroup_quota("50000 0"));
}

TEST_CASE("the files of a control group survive damage", "[adapters][proc]") {
  CHECK(support::survives_mutations(
      support::proc_fixture("cpu.stat"),
      [](std::string_view t) { return proc::read_cgroup_cpu(t); },
      [](const proc::cgroup_cpu&) { return true; }));
  CHECK(support::survives_mutations(
      support::proc_fixture("cpu.max"),
      [](std::string_view t) { return proc::read_cgroup_quota(t); },
      [](const proc::cgroup_quota& q) { return q.period_us > 0; }));
  CHECK(support::survives_mutations(
      support::proc_fixture("memory.max"),
      [](std::string_view t) { return proc::read_cgroup_amount(t, "memory.max"); },
      [](std::uint64_t) { return true; }, 500));
}
