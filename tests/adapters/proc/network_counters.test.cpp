// SPDX-License-Identifier: Apache-2.0
#include "adapters/proc/fixture.hpp"
#include "support/catch.hpp"

#include <muster/adapters/proc/network_counters.hpp>

namespace proc = muster::adapters::proc;

TEST_CASE("read_network_counters adds up the interfaces that are wanted", "[adapters][proc]") {
  const std::string text = support::proc_fixture("net/dev");
  const auto all = proc::read_network_counters(text);
  REQUIRE(all);
  CHECK(all->interfaces == 2);
  CHECK(all->received_bytes == 18192907 + 100);
  CHECK(all->sent_bytes == 171309 + 200);
  CHECK(all->received_dropped == 2);
  CHECK(all->sent_errors == 3);
  const auto lo = proc::read_network_counters(
      text, [](std::string_view name) { return name == "lo"; }, "net/dev");
  REQUIRE(lo);
  CHECK(lo->received_packets == 58);
}

TEST_CASE("read_network_counters says what is wrong", "[adapters][proc]") {
  const auto says = [](std::string_view text) {
    return proc::read_network_counters(text, "dev").failure().to_string();
  };
  CHECK(says("a|b\nc|d\n eth0: 1 2 3\n") ==
        "dev:3: counters: the line ends too early; expected 16 numbers, 8 received and 8 sent");
  CHECK(says("a|b\nc|d\n eth0 1 2 3\n").find("dev:3: there is no colon") == 0);
  CHECK(says("eth0: 1\n").find("dev:1: this is not a line of titles") == 0);
  CHECK(says("").find("the titles are missing") != std::string::npos);
}

TEST_CASE("read_network_counters survives damaged files", "[adapters][proc]") {
  CHECK(support::survives_mutations(
      support::proc_fixture("net/dev"),
      [](std::string_view t) { return proc::read_network_counters(t); },
      [](const proc::network_counters& n) { return n.interfaces < 10; }));
}
