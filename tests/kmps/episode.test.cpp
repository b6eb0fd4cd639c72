// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/edge_workload.hpp"

#include <numeric>

#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/baselines/round_robin.hpp>
#include <muster/kmps/episode.hpp>

using namespace muster;

TEST_CASE("an episode's result agrees with itself", "[kmps][episode]") {
  support::workload_shape s;
  s.rate = 900.0;
  s.seconds = 4.0;
  s.max_allowance_ms = 700.0;
  const auto work = support::edge_workload(s, 3);
  for (const bool to_the_end : {true, false}) {
    env::edge_cloud_config c;
    c.finish_after_horizon = to_the_end;
    env::edge_cloud<> e{c};
    e.load(work, seconds(4));
    kmps::idle_first rule;
    rng random{1};
    kmps::episode_options o;
    o.time_every = 10;
    o.timeline_limit = 50;
    const auto r = kmps::run_episode(e, rule, random, o);
    CHECK(r.arrived == work.size());
    CHECK(r.arrived == r.done + r.missed + r.waiting + r.running);
    CHECK(r.missed == r.missed_at_access + r.missed_at_node + r.missed_late);
    CHECK(r.missed > 0);
    CHECK(r.decisions == r.to_own + r.to_neighbour + r.to_cloud);
    CHECK(r.decision_ns.size() == (r.decisions + 9) / 10);
    CHECK(r.timeline.size() == 50);
    CHECK(r.throughput() <= 1.0);

    // Sums over slots are the totals, and the last slot's stock is the rest.
    std::uint64_t arrived = 0, done = 0, missed = 0;
    for (const auto& x : r.series) {
      arrived += x.arrived;
      done += x.done;
      missed += x.missed;
    }
    CHECK(arrived == r.arrived);
    CHECK(done == r.done);
    CHECK(missed == r.missed);
    CHECK(r.series.back().waiting == r.waiting);
    CHECK(r.series.back().running == r.running);
    CHECK(r.series.size() == 17);

    CHECK(r.e2e_ms.size() == r.done + r.missed_late);
    const double mean = std::accumulate(r.e2e_ms.begin(), r.e2e_ms.end(), 0.0) /
                        static_cast<double>(r.e2e_ms.size());
    CHECK(r.e2e_ms_mean == Approx(mean));
    CHECK(r.e2e_ms_mean == Approx(r.decision_ms_mean + r.transmission_ms_mean + r.queueing_ms_mean +
                                  r.execution_ms_mean));
    // Utilisation by target, by slot and in all is the same work.
    double by_slot = 0.0;
    for (const auto& x : r.series) by_slot += static_cast<double>(x.utilisation);
    CHECK(r.utilisation == Approx(by_slot / 16.0).epsilon(1e-4));
    CHECK(r.utilisation > 0.3);
    CHECK(r.utilisation <= 1.0);
    CHECK(r.energy_j > 24 * 60.0 * 4.0);  // more than idle
  }
}

TEST_CASE("latency across clusters: decision and transmission of what went to a neighbour",
          "[kmps][episode]") {
  env::edge_cloud_config c;
  c.clusters = 2;
  c.nodes_per_cluster = 1;
  c.cloud_nodes = 1;
  c.services = 1;
  c.deployment = {1, 1, 1};
  env::edge_cloud<> e{c};
  std::vector<trace::arrival> work(2);
  for (auto& a : work) {
    a.request.arrival = instant{150'000};
    a.request.deadline = instant{9'000'000};
    a.request.work = milliseconds(30);
  }
  e.load(work, seconds(1));
  kmps::round_robin rule;  // own node, then the neighbour
  rng random{1};
  const auto r = kmps::run_episode(e, rule, random);
  CHECK(r.to_own == 1);
  CHECK(r.to_neighbour == 1);
  CHECK(r.cross_cluster_ms_mean == Approx(100.0 + 50.0));
  CHECK(r.e2e_ms == std::vector<float>{140.0F, 180.0F});
  CHECK(r.transmission_ms_mean == Approx(30.0));
}
