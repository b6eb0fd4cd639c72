// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include "coordination/hand_cluster.hpp"
#include "support/catch.hpp"
#include "support/edge_workload.hpp"
#include "support/view_of_targets.hpp"

#include <array>
#include <vector>

#include <muster/coordination/in_process_rpc.hpp>
#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/earliest_finish.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/episode.hpp>
#include <muster/kmps/routing.hpp>
#include <muster/queue/earliest_deadline.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;
using kmps::sufficiency;
using router = kmps::cluster_level<kmps::idle_first>;
static_assert(resettable_dispatcher<router>);

namespace {

kmps::edge_neighbours neighbours(sufficiency s) {
  kmps::edge_neighbours::config c;
  c.accept = s;
  return kmps::edge_neighbours{c};
}
router idle_router() {
  router::config c;
  c.own = sufficiency::idle;
  return router{c, {}, neighbours(sufficiency::idle)};
}

/// Three clusters of two nodes with one replica each, and a cloud.
env::edge_cloud_config small_system() {
  env::edge_cloud_config c;
  c.nodes_per_cluster = 2;
  c.cloud_nodes = 2;
  c.services = 1;
  c.deployment = {1, 1, 1, 1, 1, 1, 8};
  return c;
}
std::vector<trace::arrival> burst(std::size_t n, std::uint32_t access_point = 0) {
  std::vector<trace::arrival> work(n);
  for (auto& a : work) {
    a.access_point = access_point;
    a.request.arrival = instant{100'000};
    a.request.deadline = instant{9'000'000};
    a.request.work = milliseconds(30);
    a.request.cpu = 0.5F;
  }
  return work;
}

}  // namespace

TEST_CASE("under load requests overflow from the own cluster to neighbours to the cloud",
          "[kmps][routing]") {
  env::edge_cloud<> e{small_system()};
  const auto work = burst(9);
  e.load(work, seconds(1));
  router r = idle_router();
  rng random{1};
  std::vector<std::uint32_t> targets;
  std::vector<std::int64_t> spent;
  dispatch_view view;
  while (e.next_decision(view)) {
    const std::uint32_t k = r.choose(view, random);
    targets.push_back(k);
    spent.push_back(r.spent().us / 1000);
    e.dispatch(k);
  }
  // Own nodes 0 and 1; then clusters 1 and 2 in turn, which give their nodes in turn; then, after
  // both have refused (50 ms each), the cloud.
  CHECK(targets == std::vector<std::uint32_t>{0, 1, 2, 4, 3, 5, 6, 6, 6});
  CHECK(spent == std::vector<std::int64_t>{0, 0, 0, 0, 0, 0, 100, 100, 100});
  CHECK(r.counts().own == 2);
  CHECK(r.counts().neighbour == 4);
  CHECK(r.counts().cloud == 3);
  CHECK(r.counts().refused == 6);
  CHECK(r.counts().spent == milliseconds(300));
  CHECK(e.counts().done == 9);
  r.reset();
  CHECK(r.counts().own == 0);
}

TEST_CASE("each way costs its latency once, and refusals their round trips", "[kmps][routing]") {
  env::edge_cloud<> e{small_system()};
  const auto work = burst(7);
  e.load(work, seconds(1));
  router r = idle_router();
  rng random{1};
  const auto result = kmps::run_episode(e, r, random);
  // 150 ms until the slot, there and back, 30 ms of work: 10, 50 or 200 ms of way; what went to
  // the cloud has been refused twice before, 50 ms each.
  CHECK(result.e2e_ms == std::vector<float>{190, 190, 230, 230, 230, 230, 480});
  CHECK(result.cross_cluster_ms_mean == Approx(150.0 + 50.0));
}

TEST_CASE("no request is sent where another access point has just filled the place",
          "[kmps][routing]") {
  // All three access points have three requests at once: two stay, the third finds that the
  // neighbours have used their nodes for themselves, which its own view cannot tell.
  env::edge_cloud<> e{small_system()};
  std::vector<trace::arrival> work;
  for (std::uint32_t ap = 0; ap < 3; ++ap) {
    for (const auto& a : burst(3, ap)) work.push_back(a);
  }
  e.load(work, seconds(1));
  router r = idle_router();
  rng random{1};
  const auto result = kmps::run_episode(e, r, random);
  CHECK(result.to_own == 6);
  // The first two to decide still find nodes at a neighbour that decides after them: nobody can
  // know what that one will do later in the slot. The last one is refused by both.
  CHECK(result.to_neighbour == 2);
  CHECK(result.to_cloud == 1);
  CHECK(r.counts().refused == 2);
  CHECK(r.counts().misplaced == 0);
}

TEST_CASE("refusals and time-outs fall to the next level, and their time is accounted",
          "[kmps][routing]") {
  using host = support::hand_cluster;
  using network = coordination::in_process_network<host>;
  using rpc = coordination::in_process_rpc<host>;
  using foreign = kmps::three_level_router<rpc, kmps::idle_first>;
  support::hand_made h{1, 2};
  h.cells[0].replicas = 0;  // the own cluster cannot
  h.view.request.deadline = instant{2'000'000};
  rng random{1};
  std::array<host, 3> hosts;
  hosts[1].places = 0;
  hosts[2].places = 1;
  network n{hosts};
  foreign::config c;
  c.around.timeout = milliseconds(300);
  {
    foreign r{c, {}, rpc{n, 0}};
    CHECK(r.choose(h.view, random) == 2);  // 1 refuses, 2 takes it on node 0
    CHECK(r.spent() == milliseconds(50));
    h.view.request.id = job_id{1};
    CHECK(r.choose(h.view, random) == 3);  // both refuse
    CHECK(r.spent() == milliseconds(100));
    CHECK(r.counts().refused == 3);
    CHECK(r.counts().misplaced == 0);
  }
  {
    // Silence costs the whole time-out, twice; then it is too late to ask anybody else.
    network::config cut;
    cut.outages = {{1, instant{}, never, false}, {2, instant{}, never, false}};
    network m{hosts, cut};
    foreign r{c, {}, rpc{m, 0}};
    CHECK(r.choose(h.view, random) == 3);
    CHECK(r.spent() == milliseconds(600));
    CHECK(r.counts().timed_out == 2);
    // Only as long as the cloud could still answer in time: 100 + 50 + 100 ms before the deadline.
    h.view.request.deadline = instant{650'000};
    CHECK(r.choose(h.view, random) == 3);
    CHECK(r.spent() == milliseconds(400));
    // The cloud is too far away anyway: look around until the deadline.
    h.view.request.deadline = instant{200'000};
    CHECK(r.choose(h.view, random) == 3);
    CHECK(r.spent() == milliseconds(200));
  }
  {
    // A neighbour may promise a node that the mask forbids (its information is newer, or wrong).
    h.view.request.id = job_id{9};
    h.view.request.deadline = instant{2'000'000};
    h.cells[1].replicas = h.cells[2].replicas = 0;
    hosts[1].places = 5;
    foreign r{c, {}, rpc{n, 0}};
    CHECK(r.choose(h.view, random) == 3);
    CHECK(r.counts().misplaced == 1);
    CHECK(r.spent() == milliseconds(50));
  }
}

TEST_CASE("the own cluster keeps what it can answer in time", "[kmps][routing]") {
  support::hand_made h{1, 1};
  h.queue(0, 4);                               // 200 ms before ours of 50 ms
  h.view.request.deadline = instant{255'000};  // back at 5 + 195 + 50 + 5 ms
  rng random{1};
  kmps::cluster_level<kmps::earliest_finish> r;
  CHECK(r.choose(h.view, random) == 0);
  // Just too late. The cloud takes 250 ms, so no time is left to ask a neighbour first.
  h.view.request.deadline = instant{254'999};
  CHECK(r.choose(h.view, random) == 2);
  CHECK(r.spent() == duration{});
  // By validity alone it would stay.
  kmps::cluster_level<kmps::earliest_finish> v{{sufficiency::valid, {}}};
  CHECK(v.choose(h.view, random) == 0);
  // 500 ms of work ahead: a neighbour, if a refusal would still leave time for the cloud.
  h.queue(0, 6);
  h.view.request.deadline = instant{300'000};
  CHECK(r.choose(h.view, random) == 1);
  h.view.request.deadline = instant{299'999};
  CHECK(r.choose(h.view, random) == 2);
}

TEST_CASE("law: what is chosen is valid or the cloud, and nothing is lost",
          "[kmps][routing][laws]") {
  for (const double rate : {100.0, 400.0, 900.0}) {
    support::workload_shape s;
    s.rate = rate;
    s.seconds = 4.0;
    const auto work = support::edge_workload(s, 5);
    for (const double loss : {0.0, 0.2}) {
      env::edge_cloud_config c;
      c.outages = {{2, instant{1'000'000}, instant{2'500'000}}};
      env::edge_cloud<queue::earliest_deadline, queue::earliest_deadline> e{c};
      e.load(work, seconds(4));
      auto links = kmps::edge_neighbours::like(c);
      links.loss = loss;
      links.jitter = milliseconds(5);
      kmps::cluster_level<kmps::earliest_finish> r{{}, {}, kmps::edge_neighbours{links}};
      rng random{1};
      const auto once = kmps::run_episode(e, r, random);  // a forbidden target would abort
      CHECK(once.arrived == once.done + once.missed + once.waiting + once.running);
      CHECK(once.to_own == r.counts().own);
      CHECK(once.to_neighbour == r.counts().neighbour);
      CHECK(once.to_cloud == r.counts().cloud);
      CHECK(r.counts().misplaced == 0);
      if (loss > 0.0 && rate > 500.0) CHECK(r.counts().timed_out > 0);
      rng again{1};
      const auto twice = kmps::run_episode(e, r, again);
      CHECK(once.done == twice.done);
      CHECK(once.e2e_ms == twice.e2e_ms);
    }
  }
}

TEST_CASE("routing does not allocate once warm", "[kmps][routing]") {
  support::workload_shape s;
  s.rate = 600.0;
  s.seconds = 2.0;
  const auto work = support::edge_workload(s, 5);
  env::edge_cloud<> e;
  e.load(work, seconds(2));
  kmps::cluster_level<kmps::earliest_finish> r;
  rng random{1};
  dispatch_view view;
  std::uint64_t allocations = 0;
  for (int round = 0; round < 2; ++round) {
    e.reset();
    allocations = 0;
    while (e.next_decision(view)) {
      testing::no_alloc_scope quiet;
      const std::uint32_t k = r.choose(view, random);
      allocations += quiet.allocations();
      e.dispatch(k);
    }
  }
  CHECK(allocations == 0);
  CHECK(r.counts().neighbour > 0);
}
