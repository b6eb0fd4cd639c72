// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include "adapters/proc/fixture.hpp"
#include "support/catch.hpp"

#include <muster/adapters/proc/cpu_times.hpp>
#include <muster/testing/no_alloc_scope.hpp>

namespace proc = muster::adapters::proc;

TEST_CASE("read_cpu_statistics reads recorded /proc/stat files", "[adapters][proc]") {
  const auto now = proc::read_cpu_statistics(support::proc_fixture("stat"));
  REQUIRE(now);
  CHECK(now->processors == 2);
  CHECK(now->running == 3);
  CHECK(now->blocked == 1);
  CHECK(now->all.user == 462545);
  CHECK(now->all.steal == 1182);
  CHECK(now->all.busy() == 462545 + 2902 + 98311 + 12 + 1285 + 1182);
  CHECK(now->all.free() == 6497030 + 1603);

  const auto old = proc::read_cpu_statistics(support::proc_fixture("stat.2_6_8"));
  REQUIRE(old);
  CHECK(old->all.softirq == 6);
  CHECK(old->all.steal == 0);  // not counted by such a kernel
}

TEST_CASE("read_cpu_statistics says which line and field is wrong", "[adapters][proc]") {
  const auto says = [](std::string_view text) {
    return proc::read_cpu_statistics(text, "stat").failure().to_string();
  };
  CHECK(says("cpu  1 2 3 4\ncpu0 1 2 x 4\n") ==
        "stat:2: cpu0: 'x' is not a number of ticks; expected digits");
  CHECK(says("cpu  1 2 3\ncpu0 1 2 3 4\n").find("stat:1: cpu: the line ends too early") == 0);
  CHECK(says("cpu  1 2 3 4\n").find("stat: cpu0: there is no line of any processor") == 0);
  CHECK(says("").find("stat: cpu: there is no such line") == 0);
  CHECK(says("cpu 1 2 3 -4\ncpu0 1 2 3 4").find("'-4' is not") != std::string::npos);
  CHECK(says("cpu 1 2 3 99999999999999999999\n").find("is not a number") != std::string::npos);
  CHECK(says("cpu 1 2 3 999999999999999999\n").find("longer than any machine") !=
        std::string::npos);
  CHECK(says("cpu 1 2 3 4\ncpu 1 2 3 4\n").find("stat:2: cpu: a second line") == 0);
  CHECK(says("procs_running many\n").find("stat:1: procs_running: 'many'") == 0);
}

TEST_CASE("read_cpu_statistics survives damaged files and does not allocate", "[adapters][proc]") {
  const std::string text = support::proc_fixture("stat");
  CHECK(support::survives_mutations(
      text, [](std::string_view t) { return proc::read_cpu_statistics(t); },
      [](const proc::cpu_statistics& s) {
        return s.processors > 0 && s.all.total() >= s.all.busy();
      }));
  muster::testing::no_alloc_scope scope;
  const bool good = proc::read_cpu_statistics(text).has_value();
  CHECK(scope.allocations() == 0);
  CHECK(good);
}
