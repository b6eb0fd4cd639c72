// SPDX-License-Identifier: Apache-2.0
#include "adapters/proc/fixture.hpp"
#include "support/catch.hpp"

#include <chrono>

#include <muster/adapters/proc/cgroup.hpp>
#include <muster/adapters/proc/files.hpp>

using namespace muster;
namespace proc = muster::adapters::proc;

TEST_CASE("files reads a folder of recorded process files", "[adapters][proc]") {
  proc::files recorded{{.root = support::proc_fixtures()}};
  const auto s = recorded.sample(instant{} + seconds(7));
  REQUIRE(s);
  CHECK(s->at == instant{} + seconds(7));
  CHECK(s->cpu.processors == 2);
  CHECK(s->memory.use() == 0.5);
  CHECK(s->load.five == 1.05);
  const auto n = recorded.network();
  REQUIRE(n);
  CHECK(n->interfaces == 2);
  const auto text = recorded.text("memory.max");
  REQUIRE(text);
  CHECK(*proc::read_cgroup_amount(*text, "memory.max") == proc::unlimited);
}

TEST_CASE("files names the file that is missing or too long", "[adapters][proc]") {
  proc::files nowhere{{.root = "no/such/folder"}};
  CHECK(nowhere.sample({}).failure().to_string().find(
            "no/such/folder/stat: the file cannot be opened") == 0);
  proc::files small{{.root = support::proc_fixtures(), .most = 100}};
  CHECK(small.text("stat").failure().what == "the file is too long");
}

TEST_CASE("this machine's process files are understood", "[adapters][proc][live]") {
  proc::files live;
  if (!live.text("stat")) {
    WARN("skipped: no /proc on this machine");
    return;
  }
  const auto now = [] {
    return instant{std::chrono::duration_cast<std::chrono::microseconds>(
                       std::chrono::steady_clock::now().time_since_epoch())
                       .count()};
  };
  proc::state_monitor monitor;
  const instant begin = now();
  // At least 20 ticks of 10 ms, some of them busy because we wait by working.
  for (instant next = begin; !monitor.ready() || now() - begin < milliseconds(300);) {
    if (now() < next) continue;
    const auto s = live.sample(now());
    REQUIRE(s);
    monitor.observe(*s);
    next = now() + milliseconds(100);
  }
  const proc::machine_use& u = monitor.use();
  CHECK(u.cores >= 1.0);
  CHECK(u.cpu > 0.0);
  CHECK(u.cpu <= 1.0);
  CHECK(u.memory > 0.0);
  CHECK(u.memory < 1.0);
  CHECK(live.network());
}
