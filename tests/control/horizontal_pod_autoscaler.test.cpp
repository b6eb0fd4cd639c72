// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"

#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <array>
#include <muster/control/horizontal_pod_autoscaler.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using muster::instant;
using muster::seconds;
using muster::control::horizontal_pod_autoscaler;
using muster::control::pod_metrics;
using muster::control::scaling_policy;
using muster::control::scaling_rules;
using hpa = horizontal_pod_autoscaler;

namespace {

instant at(std::int64_t s) { return instant{} + seconds(s); }
pod_metrics all(std::uint32_t n, double each) { return {n, n * each, 0, 0}; }

/// Target 50 %, up to 100 replicas, changes without limit and without windows.
hpa::config free_hand() {
  hpa::config c;
  c.max_replicas = 100;
  c.metric.target = 0.5;
  c.up = {};
  c.down = {};
  return c;
}

}  // namespace

TEST_CASE("horizontal_pod_autoscaler starts with the product's defaults", "[control][hpa]") {
  const hpa::config c;
  CHECK(c.min_replicas == 1);
  CHECK(c.metric.target == 0.8);
  CHECK(c.metric.tolerance_up == 0.1);
  CHECK(c.metric.tolerance_down == 0.1);
  CHECK(c.up.window == seconds(0));
  CHECK(c.down.window == seconds(300));
  REQUIRE(c.up.policies.size() == 2);
  CHECK(c.up.policies[0].value == 100);
  CHECK(c.up.policies[1].type == scaling_policy::kind::pods);
  CHECK(c.up.policies[1].value == 4);
  REQUIRE(c.down.policies.size() == 1);
  CHECK(c.down.policies[0].value == 100);
}

TEST_CASE("horizontal_pod_autoscaler keeps within its limits", "[control][hpa]") {
  hpa::config c = free_hand();
  c.min_replicas = 2;
  c.max_replicas = 7;
  hpa h{c};
  CHECK(h.decide(at(0), 4, all(4, 1.0)) == 7);
  CHECK(h.decide(at(15), 7, all(7, 0.01)) == 2);
  CHECK(h.decide(at(30), 9, all(9, 0.5)) == 7);  // whatever the metric says
  CHECK(h.decide(at(45), 1, all(1, 0.5)) == 2);
  CHECK(h.decide(at(60), 0, all(0, 0.0)) == 0);  // off
}

TEST_CASE("horizontal_pod_autoscaler: at first 100 % or 4 pods per 15 s, whichever is more",
          "[control][hpa]") {
  hpa::config c;
  c.max_replicas = 1000;
  hpa h{c};
  // Overloaded without end: 1, +4, +100 %, ...
  std::uint32_t n = 1;
  std::array<std::uint32_t, 6> seen{};
  for (std::size_t i = 0; i < seen.size(); ++i) {
    n = h.decide(at(15 * static_cast<std::int64_t>(i)), n, all(n, 80.0));
    seen[i] = n;
  }
  CHECK(seen == std::array<std::uint32_t, 6>{5, 10, 20, 40, 80, 160});
}

TEST_CASE("horizontal_pod_autoscaler counts what the period has already seen", "[control][hpa]") {
  hpa::config c = free_hand();
  c.up.policies = {{scaling_policy::kind::pods, 4, seconds(60)}};
  hpa h{c};
  CHECK(h.decide(at(0), 2, all(2, 9.0)) == 6);
  CHECK(h.decide(at(15), 6, all(6, 9.0)) == 6);  // 4 in this minute already
  CHECK(h.decide(at(59), 6, all(6, 9.0)) == 6);
  CHECK(h.decide(at(60), 6, all(6, 9.0)) == 10);  // the increase at 0 s is 60 s old
  // What was removed within the period may come back on top.
  hpa back{c};
  CHECK(back.decide(at(0), 10, all(10, 0.1)) == 2);
  CHECK(back.decide(at(15), 2, all(2, 50.0)) == 14);  // 2 + 8 removed + 4
}

TEST_CASE("horizontal_pod_autoscaler: policies choose the most, the least, or nothing",
          "[control][hpa]") {
  // The documentation's example: 4 pods per minute or 10 % per minute; from 80 replicas.
  hpa::config c = free_hand();
  c.down.policies = {{scaling_policy::kind::pods, 4, seconds(60)},
                     {scaling_policy::kind::percent, 10, seconds(60)}};
  CHECK(hpa{c}.decide(at(0), 80, all(80, 0.0)) == 72);  // 10 % of 80 = 8
  CHECK(hpa{c}.decide(at(0), 72, all(72, 0.0)) == 64);  // 10 % of 72 = 7.2, a pod more
  CHECK(hpa{c}.decide(at(0), 40, all(40, 0.0)) == 36);
  CHECK(hpa{c}.decide(at(0), 30, all(30, 0.0)) == 26);  // now 4 pods are more
  c.down.select = scaling_rules::choice::least;
  CHECK(hpa{c}.decide(at(0), 80, all(80, 0.0)) == 76);
  CHECK(hpa{c}.decide(at(0), 30, all(30, 0.0)) == 27);
  c.down.select = scaling_rules::choice::none;
  CHECK(hpa{c}.decide(at(0), 80, all(80, 0.0)) == 80);
  CHECK(hpa{c}.decide(at(0), 10, all(10, 1.0)) == 20);  // the other direction is free
  c.up.select = scaling_rules::choice::none;
  CHECK(hpa{c}.decide(at(0), 10, all(10, 1.0)) == 10);
  c.up = {{}, scaling_rules::choice::most, {{scaling_policy::kind::percent, 10, seconds(15)}}};
  CHECK(hpa{c}.decide(at(0), 5, all(5, 1.0)) == 6);  // 5.5 rounded up
}

TEST_CASE("horizontal_pod_autoscaler waits 300 s before it removes", "[control][hpa]") {
  hpa::config c;
  c.max_replicas = 100;
  hpa h{c};
  // Load for 10 replicas until 60 s, then for 2.
  std::int64_t t = 0;
  for (; t <= 60; t += 15) CHECK(h.decide(at(t), 10, all(10, 0.8)) == 10);
  for (; t < 360; t += 15) CHECK(h.decide(at(t), 10, all(10, 0.16)) == 10);
  CHECK(h.decide(at(360), 10, all(10, 0.16)) == 2);  // the last 10 was asked for at 60 s
}

TEST_CASE("horizontal_pod_autoscaler remembers the highest of its window", "[control][hpa]") {
  hpa::config c = free_hand();
  c.down.window = seconds(60);
  hpa h{c};
  CHECK(h.decide(at(0), 10, all(10, 0.40)) == 10);  // the replicas found count as asked for
  CHECK(h.decide(at(15), 10, all(10, 0.30)) == 10);
  CHECK(h.decide(at(59), 10, all(10, 0.10)) == 10);
  CHECK(h.decide(at(60), 10, all(10, 0.10)) == 6);  // what 0 s asked for is 60 s old: gone
  CHECK(h.decide(at(75), 6, all(6, 0.10)) == 2);    // and so are the 6 of 15 s
}

TEST_CASE("horizontal_pod_autoscaler: a window for increases takes the lowest", "[control][hpa]") {
  hpa::config c = free_hand();
  c.up.window = seconds(30);
  hpa h{c};
  CHECK(h.decide(at(0), 4, all(4, 1.0)) == 4);  // 8 asked for, but 4 is what was found
  CHECK(h.decide(at(15), 4, all(4, 0.75)) == 4);
  CHECK(h.decide(at(30), 4, all(4, 1.0)) == 6);  // the least since: 6
}

TEST_CASE("horizontal_pod_autoscaler: several metrics", "[control][hpa]") {
  hpa h{free_hand()};
  CHECK(h.decide(at(0), 4, std::array{all(4, 0.25), all(4, 1.0), all(4, 0.75)}) == 8);
  // One without values: no decrease, but an increase.
  CHECK(h.decide(at(15), 8, std::array{all(8, 0.25), pod_metrics{0, 0.0, 8, 0}}) == 8);
  CHECK(h.decide(at(30), 8, std::array{all(8, 1.0), pod_metrics{0, 0.0, 8, 0}}) == 16);
  CHECK(h.decide(at(45), 16, std::array{pod_metrics{0, 0.0, 16, 0}}) == 16);
  CHECK(h.decide(at(60), 16, std::array{all(16, 0.25), all(16, 0.25)}) == 8);
}

TEST_CASE("horizontal_pod_autoscaler: new pods are not asked for twice while they start",
          "[control][hpa]") {
  hpa h{free_hand()};
  CHECK(h.decide(at(0), 2, pod_metrics{2, 2.0, 0, 0}) == 4);
  CHECK(h.decide(at(15), 4, pod_metrics{2, 2.0, 0, 2}) == 4);
  CHECK(h.decide(at(30), 4, pod_metrics{4, 2.0, 0, 0}) == 4);
}

TEST_CASE("horizontal_pod_autoscaler forgets, and does not allocate once warm", "[control][hpa]") {
  hpa::config c;
  c.max_replicas = 50;
  hpa h{c};
  const auto day = [&](std::int64_t from) {
    std::uint32_t n = 3;
    for (std::int64_t t = from; t < from + 3600; t += 15) {
      n = h.decide(at(t), n, all(n, (t / 300) % 2 == 0 ? 1.3 : 0.1));
    }
    return n;
  };
  const std::uint32_t first = day(0);
  h.reset();
  muster::testing::no_alloc_scope scope;
  const std::uint32_t second = day(0);
  const auto allocations = scope.allocations();
  CHECK(allocations == 0);
  CHECK(first == second);
}

TEST_CASE("horizontal_pod_autoscaler refuses settings without meaning", "[control][hpa]") {
  hpa::config c;
  c.min_replicas = 0;
  CHECK(support::breaks("bad limits", [&] { hpa{c}; }));
  c.min_replicas = 5;
  c.max_replicas = 4;
  CHECK(support::breaks("bad limits", [&] { hpa{c}; }));
  c = {};
  c.up.policies[0].period = {};
  CHECK(support::breaks("period", [&] { hpa{c}; }));
}
