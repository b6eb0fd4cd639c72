// SPDX-License-Identifier: Apache-2.0
#include <muster/env/reschedule.hpp>

#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/least_queue.hpp>
#include <muster/kmps/episode.hpp>
#include <muster/queue/adaptive_hybrid.hpp>

#include "support/catch.hpp"
#include "support/edge_workload.hpp"
#include "support/tiny_edge.hpp"

using namespace muster;
using support::at;
using support::load;

namespace {

template <class Reschedule>
using world = env::edge_cloud<queue::adaptive_hybrid, queue::adaptive_hybrid, env::drain_all,
                              env::resource_mask, Reschedule>;

/// Two clusters of two nodes, a replica on each, and in the cloud.
env::edge_cloud_config small() {
  env::edge_cloud_config c = support::tiny();
  c.clusters = 2;
  c.nodes_per_cluster = 2;
  c.deployment = {1, 1, 1, 1, 1};
  return c;
}

}  // namespace

TEST_CASE("an urgent request is moved in the long slot to where it can start",
          "[env][reschedule]") {
  // Both go to node 0; the second would wait until 5.25 s and miss its deadline at 4.5 s. The
  // estimate of its run is 2.5 s, so it is urgent from 2 s on, the first long slot.
  const support::arrivals two{at(10, 5000, seconds(20)), at(20, 500, milliseconds(4480))};
  {
    world<env::stay_put> e{small()};
    load(e, two);
    support::send_all(e, 0);
    CHECK(e.counts().done == 1);
    CHECK(e.counts().urgent_offered == 0);  // nobody looks
    CHECK(e.counts().relocated == 0);
  }
  world<env::relocate_urgent> e{small()};
  load(e, two);
  support::send_all(e, 0);
  CHECK(e.counts().done == 2);
  CHECK(e.counts().urgent_offered == 1);
  CHECK(e.counts().relocated == 1);
  const auto& moved = e.records()[1];
  CHECK(moved.target == 1);
  CHECK(moved.dispatched == instant{250'000});
  CHECK(moved.started == instant{2'005'000});  // one hop of 5 ms in the own cluster
  CHECK(moved.travel == milliseconds(10));
  CHECK(moved.answered == instant{2'510'000});
}

TEST_CASE("own cluster first, then a neighbour, then the cloud, else it stays",
          "[env][reschedule]") {
  const env::relocate_urgent rule;
  env::edge_cloud_config c = small();
  const auto target_of = [&](std::vector<std::uint32_t> deployment, duration allowance) {
    c.deployment = std::move(deployment);
    env::edge_cloud<> e{c};
    load(e, {at(10, 100, allowance)});
    dispatch_view v;
    REQUIRE(e.next_decision(v));
    return rule.move(v, 0);
  };
  CHECK(target_of({1, 1, 1, 1, 1}, seconds(1)) == 1);
  CHECK(target_of({1, 0, 1, 1, 1}, seconds(1)) == 2);
  CHECK(target_of({1, 0, 0, 1, 1}, seconds(1)) == 3);
  CHECK(target_of({1, 0, 0, 0, 1}, seconds(1)) == 4);
  CHECK(target_of({1, 0, 0, 0, 0}, seconds(1)) == 0);
  // At 250 ms, 240 after arrival: 5 + 100 + 5 ms would do in the own cluster, nowhere else.
  CHECK(target_of({1, 1, 1, 1, 1}, milliseconds(350)) == 1);
  CHECK(target_of({1, 0, 1, 1, 1}, milliseconds(350)) == 0);
}

TEST_CASE("the score weighs slack, cores and memory", "[env][reschedule]") {
  env::edge_cloud_config c = small();
  c.clusters = 1;
  c.nodes_per_cluster = 3;
  c.deployment = {1, 1, 1, 1};
  c.speed = {1.0, 1.0, 2.0};
  env::edge_cloud<> e{c};
  load(e, {at(10, 100, seconds(1))});
  dispatch_view v;
  REQUIRE(e.next_decision(v));
  CHECK(env::relocate_urgent{}.move(v, 0) == 2);                // faster: more slack
  CHECK(env::relocate_urgent{{.slack = 0.0}}.move(v, 0) == 1);  // alike: the smaller number
}

TEST_CASE("relocation conserves requests and saves some under load", "[env][reschedule]") {
  support::workload_shape s;
  s.rate = 500.0;
  s.seconds = 40.0;
  s.mean_work_ms = 120.0;
  s.max_allowance_ms = 8000.0;
  const auto work = support::edge_workload(s, 21);
  env::edge_cloud_config c;
  std::uint64_t moved = 0;
  world<env::relocate_urgent> e{c};
  e.load(work, seconds(40));
  kmps::least_queue rule;
  rng random{1};
  const auto r = kmps::run_episode(e, rule, random);
  moved = r.relocated;
  CHECK(moved > 0);
  CHECK(r.done + r.missed == r.arrived);
  CHECK(r.e2e_ms_mean == Approx(r.decision_ms_mean + r.transmission_ms_mean + r.queueing_ms_mean +
                                r.execution_ms_mean));
}
