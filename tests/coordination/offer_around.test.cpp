// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include "coordination/hand_cluster.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <muster/coordination/in_process_rpc.hpp>
#include <muster/coordination/offer_around.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;
using coordination::offer_around;
using support::hand_cluster, support::offered;
using network = coordination::in_process_network<hand_cluster>;
using rpc = coordination::in_process_rpc<hand_cluster>;

TEST_CASE("offer_around asks the neighbours in turn until one accepts",
          "[coordination][offer_around]") {
  std::array<hand_cluster, 3> hosts;
  hosts[2].places = 1;
  network n{hosts};
  rpc r{n, 1};
  offer_around around{1, 3};
  rng random{1};
  const rpc_call call{instant{}, instant{1'000'000}};
  // The turn begins after the own cluster: 2, then 0, then 2 again, which is full now.
  auto p = around.place(r, offered(1, 0), call, random);
  CHECK(p.cluster == 2);
  CHECK(p.sent == instant{});
  CHECK(p.at == instant{50'000});
  CHECK(around.place(r, offered(1, 1), call, random).cluster == 0);
  p = around.place(r, offered(1, 2), call, random);
  CHECK(p.cluster == 0);
  CHECK(p.refused == 1);
  CHECK(p.sent == instant{50'000});  // a refusal costs a round trip
  CHECK(p.at == instant{100'000});
  // Both full: nobody, after two round trips.
  hosts[0].places = hosts[0].taken;
  p = around.place(r, offered(1, 3), call, random);
  CHECK_FALSE(p.found());
  CHECK(p.refused == 2);
  CHECK(p.at == instant{100'000});
  // No time for the second one.
  p = around.place(r, offered(1, 4), {instant{}, instant{50'000}}, random);
  CHECK(p.refused == 1);
  CHECK(p.at == instant{50'000});
  CHECK(around.place(r, offered(1, 5), {instant{7}, instant{7}}, random).at == instant{7});
}

TEST_CASE("a neighbour that does not answer costs its time-out, then nothing",
          "[coordination][offer_around]") {
  std::array<hand_cluster, 3> hosts;
  network::config c;
  c.outages = {{1, instant{}, instant{10'000'000}, false}};
  network n{hosts, c};
  rpc r{n, 0};
  offer_around::config k;
  k.timeout = milliseconds(80);
  k.breaker = {2, 1, seconds(2)};
  offer_around around{0, 3, k};
  rng random{1};
  std::vector<std::int64_t> cost;
  for (std::uint64_t id = 0; id < 8; ++id) {
    const instant now{static_cast<std::int64_t>(id) * 100'000};
    const auto p = around.place(r, offered(0, id), {now, now + seconds(1)}, random);
    REQUIRE(p.cluster == 2);
    cost.push_back((p.sent - now).us / 1000);
  }
  // Its turn comes with every request, until the second failure has opened its circuit.
  CHECK(cost == std::vector<std::int64_t>{80, 80, 0, 0, 0, 0, 0, 0});
  CHECK(around.turn().breaker(1).state() == coordination::circuit::open);
  // Two seconds later one probe is made; it fails.
  auto p = around.place(r, offered(0, 20), {instant{3'000'000}, instant{4'000'000}}, random);
  CHECK(p.timed_out == 1);
  CHECK(p.cluster == 2);
  // When it is back, the next probe closes the circuit.
  p = around.place(r, offered(0, 21), {instant{11'000'000}, instant{12'000'000}}, random);
  CHECK(p.cluster == 1);
  CHECK(around.turn().breaker(1).state() == coordination::circuit::closed);
  around.reset();
  CHECK(around.turn().breaker(1).opened() == 0);
}

TEST_CASE("a lost answer and a second attempt: accepted once", "[coordination][offer_around]") {
  std::array<hand_cluster, 2> hosts;
  network::config c;
  c.outages = {{0, instant{40'000}, instant{60'000}, false}};  // nobody hears the first answer
  network n{hosts, c};
  rpc r{n, 0};
  offer_around::config k;
  k.timeout = milliseconds(70);
  k.retry = {.first = {}, .most = {}, .attempts = 2};
  offer_around around{0, 2, k};
  rng random{1};
  const auto p = around.place(r, offered(0, 1), {instant{}, instant{500'000}}, random);
  CHECK(p.cluster == 1);
  CHECK(p.sent == instant{70'000});
  CHECK(p.at == instant{120'000});
  CHECK(hosts[1].offers == 2);
  CHECK(hosts[1].taken == 1);
}

TEST_CASE("law: nobody is asked twice, nobody asks itself, the time is kept",
          "[coordination][offer_around][laws]") {
  rng random{3};
  for (int round = 0; round < 300; ++round) {
    const auto count = static_cast<std::uint32_t>(1 + uniform_below(random, 6));
    std::vector<hand_cluster> hosts(count);
    for (auto& h : hosts) h.places = static_cast<std::uint32_t>(uniform_below(random, 8));
    network::config c;
    c.jitter = milliseconds(20);
    c.loss = 0.1;
    network n{hosts, c};
    const auto self = static_cast<std::uint32_t>(uniform_below(random, count));
    rpc r{n, self};
    offer_around::config k;
    k.neighbours = static_cast<std::uint32_t>(uniform_below(random, 5));
    offer_around around{self, count, k};
    for (std::uint64_t id = 0; id < 20; ++id) {
      std::uint64_t before = 0, after = 0;
      for (const auto& h : hosts) before += h.offers;
      const instant now{static_cast<std::int64_t>(id) * 100'000};
      const instant end =
          now + microseconds(static_cast<std::int64_t>(uniform_below(random, 400'000)));
      const auto p = around.place(r, offered(self, id), {now, end}, random);
      for (const auto& h : hosts) after += h.offers;
      const std::uint32_t asked = p.refused + p.timed_out + p.unreachable + (p.found() ? 1 : 0);
      REQUIRE(asked <= (std::min)(k.neighbours, count - 1));
      REQUIRE(after - before <= asked);
      REQUIRE((p.at >= now && p.at <= (std::max)(now, end)));
      REQUIRE((p.sent >= now && p.sent <= p.at));
      REQUIRE(hosts[self].offers == 0);
      if (p.found()) REQUIRE(hosts[p.cluster].runs[{self, job_id{id}}] == 1);
    }
  }
}

TEST_CASE("offer_around does not allocate", "[coordination][offer_around]") {
  std::array<hand_cluster, 4> hosts;
  for (auto& h : hosts) h.places = 0;
  network n{hosts};
  rpc r{n, 3};
  offer_around around{3, 4};
  rng random{1};
  testing::no_alloc_scope quiet;
  for (std::uint64_t id = 0; id < 100; ++id) {
    static_cast<void>(around.place(r, offered(3, id), {instant{}, instant{60'000}}, random));
  }
  CHECK(quiet.allocations() == 0);
}
