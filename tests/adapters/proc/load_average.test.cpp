// SPDX-License-Identifier: Apache-2.0
#include "adapters/proc/fixture.hpp"
#include "support/catch.hpp"

#include <muster/adapters/proc/load_average.hpp>

namespace proc = muster::adapters::proc;

TEST_CASE("read_load_average reads the three averages and the tasks", "[adapters][proc]") {
  const auto l = proc::read_load_average(support::proc_fixture("loadavg"));
  REQUIRE(l);
  CHECK(l->one == 1.25);
  CHECK(l->five == 1.05);
  CHECK(l->fifteen == 1.48);
  CHECK(l->runnable == 3);
  CHECK(l->tasks == 109);
}

TEST_CASE("read_load_average says what is wrong", "[adapters][proc]") {
  const auto says = [](std::string_view text) {
    return proc::read_load_average(text, "loadavg").failure().to_string();
  };
  CHECK(says("1.0 high 2.0 1/2 3") ==
        "loadavg:1: 5 minutes: 'high' is not a load; expected a decimal number such as 0.25");
  CHECK(says("1.0 nan 2.0 1/2 3").find("5 minutes: 'nan'") != std::string::npos);
  CHECK(says("1.0 1.0 2.0 5/2 3").find("tasks: '5/2' does not count tasks") != std::string::npos);
  CHECK(says("1.0 1.0 2.0").find("tasks: ''") != std::string::npos);
  CHECK(says("").find("the text is empty") != std::string::npos);
}

TEST_CASE("read_load_average survives damaged files", "[adapters][proc]") {
  CHECK(support::survives_mutations(
      support::proc_fixture("loadavg"),
      [](std::string_view t) { return proc::read_load_average(t); },
      [](const proc::load_average& l) { return l.one >= 0.0 && l.runnable <= l.tasks; }));
}
