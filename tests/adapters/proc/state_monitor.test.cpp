// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include "adapters/proc/fixture.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <cmath>

#include <muster/adapters/proc/state_monitor.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;
namespace proc = muster::adapters::proc;

namespace {

proc::machine_sample at(std::int64_t ms, std::uint64_t busy, std::uint64_t idle,
                        std::uint64_t available = 50) {
  proc::machine_sample s;
  s.at = instant{} + milliseconds(ms);
  s.cpu.all.user = busy;
  s.cpu.all.idle = idle;
  s.cpu.processors = 4;
  s.memory.total = 100;
  s.memory.available = available;
  return s;
}

}  // namespace

TEST_CASE("state_monitor: use is busy ticks over all ticks between samples", "[adapters][proc]") {
  proc::state_monitor m{{.smoothing = {}}};
  CHECK(m.observe(at(0, 1000, 9000)));
  CHECK_FALSE(m.ready());
  CHECK(m.observe(at(1000, 1300, 9100)));
  CHECK(m.ready());
  CHECK(m.use().cpu == 0.75);
  CHECK(m.use().cpu_free() == 1.0);  // of 4 cores
  CHECK(m.use().memory == 0.5);
  CHECK(m.observe(at(2000, 1300, 9500, 80)));
  CHECK(m.use().cpu == 0.0);
  CHECK(m.use().memory == Approx(0.2));
}

TEST_CASE("state_monitor: smoothing weighs a sample by its time", "[adapters][proc]") {
  proc::state_monitor one{{.smoothing = seconds(2)}}, two{{.smoothing = seconds(2)}};
  one.observe(at(0, 0, 0));
  one.observe(at(1000, 0, 400));    // 0
  one.observe(at(3000, 800, 400));  // 1 for 2 s
  CHECK(one.use().cpu == Approx(1.0 - std::exp(-1.0)));
  CHECK(one.use().cpu_last == 1.0);
  // The same course in two steps ends at the same value.
  two.observe(at(0, 0, 0));
  two.observe(at(1000, 0, 400));
  two.observe(at(1500, 200, 400));
  two.observe(at(3000, 800, 400));
  CHECK(two.use().cpu == Approx(one.use().cpu));
}

TEST_CASE("state_monitor: counters that go back are no progress", "[adapters][proc]") {
  proc::state_monitor m{{.smoothing = {}}};
  m.observe(at(0, 1000, 1000));
  m.observe(at(1000, 1100, 1100));
  CHECK(m.use().cpu == 0.5);
  m.observe(at(2000, 10, 20));  // restarted
  CHECK(m.use().cpu == 0.5);    // nothing new is known
  m.observe(at(3000, 40, 30));
  CHECK(m.use().cpu == 0.75);
  CHECK_FALSE(m.observe(at(3000, 900, 30)));  // not later
  CHECK(m.use().cpu == 0.75);
  CHECK(m.use().samples == 4);
  CHECK(support::breaks("smoothing is negative",
                        [] { (void)proc::state_monitor{{.smoothing = microseconds(-1)}}; }));
}

TEST_CASE("state_monitor works on recorded files", "[adapters][proc]") {
  proc::state_monitor m;
  std::int64_t ms = 0;
  for (const char* name : {"stat", "stat.later"}) {
    proc::machine_sample s;
    s.at = instant{} + milliseconds(ms);
    s.cpu = *proc::read_cpu_statistics(support::proc_fixture(name));
    s.memory = *proc::read_memory_info(support::proc_fixture("meminfo"));
    s.load = *proc::read_load_average(support::proc_fixture("loadavg"));
    m.observe(s);
    ms += 1000;
  }
  CHECK(m.use().cpu == 0.8);  // 120 user + 40 system of 200
  CHECK(m.use().memory == 0.5);
  CHECK(m.use().memory_total_gb == Approx(16.777216));
  CHECK(m.use().load_one == 1.25);
  muster::testing::no_alloc_scope scope;
  m.observe(at(5000, 1, 1));
  CHECK(scope.allocations() == 0);
}
