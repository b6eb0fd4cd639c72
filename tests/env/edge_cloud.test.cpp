// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include "support/catch.hpp"
#include "support/edge_workload.hpp"
#include "support/tiny_edge.hpp"

#include <set>

#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/greedy.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/baselines/random_choice.hpp>
#include <muster/kmps/episode.hpp>
#include <muster/queue/adaptive_hybrid.hpp>
#include <muster/queue/earliest_deadline.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;
using env::request_state;
using support::arrivals;
using support::at;
using support::load;
using support::send_all;
using support::tiny;

TEST_CASE("edge_cloud: one request, every moment of its life", "[env][edge_cloud]") {
  env::edge_cloud<> e{tiny()};
  // Arrives at 10 ms, is placed at 250 ms, reaches the node at 255, runs 50 ms, is back at 310.
  load(e, {at(10, 50, microseconds(300'000))});
  dispatch_view view;
  REQUIRE(e.next_decision(view));
  CHECK(view.now == instant{250'000});
  CHECK(view.size() == 2);
  CHECK(view.queue_length == 1);
  CHECK(e.counts().waiting == 1);
  CHECK(view.estimated_answer(0) == instant{310'000});
  CHECK(view.estimated_answer(1) == instant{500'000});
  e.dispatch(0);
  CHECK_FALSE(e.next_decision(view));
  const auto& r = e.records()[0];
  CHECK(r.dispatched == instant{250'000});
  CHECK(r.started == instant{255'000});
  CHECK(r.finished == instant{305'000});
  CHECK(r.answered == instant{310'000});
  CHECK(r.state == request_state::on_time);
  CHECK(e.counts().done == 1);
  CHECK(e.counts().missed == 0);
}

TEST_CASE("edge_cloud: on time means back at the deadline, not one microsecond later",
          "[env][edge_cloud]") {
  for (const bool only_if : {true, false}) {
    env::edge_cloud_config c = tiny();
    c.start_only_if_on_time = only_if;
    env::edge_cloud<> e{c};
    load(e, {at(10, 50, microseconds(300'000))});
    send_all(e, 0);
    CHECK(e.counts().done == 1);
    load(e, {at(10, 50, microseconds(299'999))});
    send_all(e, 0);
    CHECK(e.counts().done == 0);
    CHECK(e.counts().missed == 1);
    CHECK(e.records()[0].state ==
          (only_if ? request_state::hopeless_at_target : request_state::late));
    CHECK(e.misses().late == (only_if ? 0 : 1));
  }
}

TEST_CASE("edge_cloud: the cloud costs its latency once each way", "[env][edge_cloud]") {
  env::edge_cloud<> e{tiny()};
  load(e, {at(0, 50, microseconds(1'000'000))});  // arrives at a slot boundary: placed at once
  send_all(e, 1);
  CHECK(e.records()[0].dispatched == instant{0});
  CHECK(e.records()[0].started == instant{100'000});
  CHECK(e.records()[0].answered == instant{250'000});
}

TEST_CASE("edge_cloud: one replica runs one request at a time, in the order of the strategy",
          "[env][edge_cloud]") {
  // Three at once on one replica: the first to reach it runs, then the strategy decides.
  const arrivals work{at(1, 100, microseconds(9'000'000)), at(2, 100, microseconds(8'000'000)),
                      at(3, 100, microseconds(7'000'000))};
  env::edge_cloud<queue::arrival_order, queue::arrival_order> fifo{tiny()};
  load(fifo, work);
  send_all(fifo, 0);
  CHECK(fifo.records()[1].started == instant{355'000});
  CHECK(fifo.records()[2].started == instant{455'000});
  env::edge_cloud<queue::arrival_order, queue::earliest_deadline> edf{tiny()};
  load(edf, work);
  send_all(edf, 0);
  CHECK(edf.records()[0].started == instant{255'000});
  CHECK(edf.records()[2].started == instant{355'000});
  CHECK(edf.records()[1].started == instant{455'000});
}

TEST_CASE("edge_cloud: what is past its deadline is discarded at the next slot, once",
          "[env][edge_cloud]") {
  env::edge_cloud<> e{tiny()};
  // The first blocks the replica for 2 s; the second expires at 600 ms while it waits; the third
  // expires at its access point before any slot sees it.
  load(e, {at(1, 2'000, microseconds(9'000'000)), at(2, 10, microseconds(598'000)),
           at(3, 10, microseconds(100'000)), at(760, 10, microseconds(5'000'000))});
  dispatch_view view;
  REQUIRE(e.next_decision(view));
  e.dispatch(0);
  REQUIRE(e.next_decision(view));
  CHECK(e.counts().missed == 1);
  CHECK(e.misses().expired_at_access == 1);
  e.dispatch(0);
  REQUIRE(e.next_decision(view));
  CHECK(view.now == instant{1'000'000});
  CHECK(e.misses().expired_at_target == 1);
  CHECK(view[0].waiting == 0);
  CHECK(e.tally(3, 0).dropped == 1);  // discarded at 750 ms
  e.dispatch(0);
  CHECK_FALSE(e.next_decision(view));
  CHECK(e.counts().done == 2);
  CHECK(e.counts().missed == 2);
}

TEST_CASE("edge_cloud: cores and memory limit what runs at once", "[env][edge_cloud]") {
  env::edge_cloud_config c = tiny();
  c.deployment = {4, 1};
  c.node_cpu = 1.0;  // two of 0.5 run together, though four replicas are idle
  env::edge_cloud<queue::arrival_order, queue::arrival_order, env::drain_all, env::replica_mask> e{
      c};
  load(e, {at(1, 100, microseconds(9'000'000)), at(2, 100, microseconds(9'000'000)),
           at(3, 100, microseconds(9'000'000))});
  send_all(e, 0);
  CHECK(e.records()[0].started == instant{255'000});
  CHECK(e.records()[1].started == instant{255'000});
  CHECK(e.records()[2].started == instant{355'000});
  c.node_cpu = 4.0;
  c.node_memory = 4.15;  // four replicas of 1 GB leave room for one request of 0.1 GB
  env::edge_cloud<queue::arrival_order, queue::arrival_order, env::drain_all, env::replica_mask> m{
      c};
  load(m, {at(1, 100, microseconds(9'000'000)), at(2, 100, microseconds(9'000'000))});
  send_all(m, 0);
  CHECK(m.records()[1].started == instant{355'000});
}

TEST_CASE("edge_cloud: a service short of cores does not hold back a smaller one",
          "[env][edge_cloud]") {
  env::edge_cloud_config c = tiny();
  c.services = 2;
  c.deployment = {1, 1, 1, 1};
  c.node_cpu = 1.0;
  arrivals work{at(1, 100, microseconds(9'000'000)), at(2, 100, microseconds(9'000'000)),
                at(3, 100, microseconds(9'000'000))};
  work[0].request.cpu = 0.6F;
  work[1].request.cpu = 0.6F;
  work[1].request.service = service_id{1};  // waits for cores
  work[2].request.cpu = 0.3F;
  work[2].request.service = service_id{1};  // same service, fits beside the first
  env::edge_cloud<queue::arrival_order, queue::arrival_order, env::drain_all, env::replica_mask> e{
      c};
  load(e, work);
  send_all(e, 0);
  CHECK(e.records()[0].started == instant{255'000});
  CHECK(e.records()[1].started == instant{355'000});
  CHECK(e.records()[2].started == instant{455'000});
  work[2].request.service = service_id{0};
  work[2].request.arrival = instant{2'000};
  std::swap(work[1], work[2]);
  load(e, work);  // now 1 waits for the replica of service 0, 2 for cores
  send_all(e, 0);
  CHECK(e.records()[1].started == instant{355'000});
  CHECK(e.records()[2].started == instant{355'000});
}

TEST_CASE("edge_cloud: faster nodes finish sooner", "[env][edge_cloud]") {
  env::edge_cloud_config c = tiny();
  c.speed = {2.0, 0.5};
  env::edge_cloud<> e{c};
  load(e, {at(0, 50, microseconds(9'000'000)), at(0, 50, microseconds(9'000'000))});
  dispatch_view view;
  REQUIRE(e.next_decision(view));
  CHECK(view.estimated_answer(0) == instant{35'000});
  CHECK(view.estimated_answer(1) == instant{300'000});
  e.dispatch(0);
  REQUIRE(e.next_decision(view));
  CHECK(view.estimated_answer(0) == instant{55'000});  // 25 ms backlog - 5 ms on the way
  e.dispatch(1);
  CHECK_FALSE(e.next_decision(view));
  CHECK(e.records()[0].answered == instant{35'000});
  CHECK(e.records()[1].answered == instant{300'000});
}

TEST_CASE("edge_cloud: an access point sees its own dispatches of a slot, not the others'",
          "[env][edge_cloud]") {
  env::edge_cloud_config c = tiny();
  c.clusters = 2;
  c.deployment = {2, 2, 2};
  env::edge_cloud<> e{c};
  arrivals work{at(1, 100, microseconds(9'000'000)), at(1, 100, microseconds(9'000'000)),
                at(2, 100, microseconds(9'000'000)), at(260, 100, microseconds(9'000'000))};
  work[2].access_point = 1;
  load(e, work);
  dispatch_view view;
  REQUIRE(e.next_decision(view));
  CHECK(view.access_point == 0);
  CHECK(view[1].waiting == 0);
  e.dispatch(1);  // to the neighbour's node, global number 1
  REQUIRE(e.next_decision(view));
  CHECK(view[1].waiting == 1);
  CHECK(view[1].backlog == milliseconds(100));
  e.dispatch(1);
  REQUIRE(e.next_decision(view));
  CHECK(view.access_point == 1);
  CHECK(view.row_of(0) == 1);
  CHECK(view[0].waiting == 0);  // unseen
  e.dispatch(0);
  REQUIRE(e.next_decision(view));  // next slot: 255: one started, 275: one started, one waits
  CHECK(view.now == instant{500'000});
  CHECK(view[1].busy + view[1].waiting == 0);
  e.dispatch(0);
  CHECK_FALSE(e.next_decision(view));
  CHECK(e.records()[0].started == instant{275'000});
  CHECK(e.records()[1].started == instant{355'000});  // the unseen third request was there first
  CHECK(e.records()[2].started == instant{255'000});
  CHECK(e.counts().done == 4);
}

TEST_CASE("edge_cloud: index maps are bijective and start at home", "[env][edge_cloud]") {
  for (const std::uint32_t clusters : {1U, 2U, 3U, 7U}) {
    env::edge_cloud_config c;
    c.clusters = clusters;
    env::edge_cloud<> e{c};
    arrivals work;
    for (std::uint32_t a = 0; a < clusters; ++a) {
      work.push_back(at(1, 10, microseconds(9'000'000)));
      work.back().access_point = a;
    }
    load(e, work);
    dispatch_view view;
    while (e.next_decision(view)) {
      std::set<std::size_t> rows;
      for (std::size_t k = 0; k < view.size(); ++k) {
        rows.insert(view.row_of(k));
        CHECK(view.index_of_row(view.row_of(k)) == k);
        const std::size_t cluster = view.row_of(k) / 6;
        if (k < 6) CHECK(cluster == view.access_point);
        if (k + 1 < view.size()) CHECK((view.kind(k) == target_kind::own_cluster) == (k < 6));
      }
      CHECK(rows.size() == clusters * 6 + 1);
      CHECK(view.row_of(view.cloud()) == clusters * 6);
      e.dispatch(0);
    }
  }
}

TEST_CASE("edge_cloud: drain policies", "[env][edge_cloud]") {
  arrivals work;
  for (int i = 0; i < 5; ++i) work.push_back(at(1 + i, 1, microseconds(90'000'000)));
  env::edge_cloud<queue::arrival_order, queue::arrival_order, env::drain_one> one{tiny()};
  env::edge_cloud<queue::arrival_order, queue::arrival_order, env::drain_up_to<2>> two{tiny()};
  env::edge_cloud<> all{tiny()};
  load(one, work);
  load(two, work);
  load(all, work);
  send_all(one, 0);
  send_all(two, 0);
  send_all(all, 0);
  CHECK(one.records()[4].dispatched == instant{1'250'000});
  CHECK(two.records()[4].dispatched == instant{750'000});
  CHECK(all.records()[4].dispatched == instant{250'000});
}

TEST_CASE("edge_cloud: an urgent request is lifted within one long slot", "[env][edge_cloud]") {
  env::edge_cloud_config c = tiny();
  env::edge_cloud<queue::adaptive_hybrid, queue::adaptive_hybrid, env::drain_one> e{c};
  // Equal estimates of at least 0.61 s, so number 19 would go last, at 4.75 s; at the long slot
  // at 4 s, if not before, it is urgent.
  arrivals work;
  for (int i = 0; i < 20; ++i) work.push_back(at(0, 600, microseconds(60'000'000)));
  work[19].request.deadline = instant{4'400'000};
  load(e, work);
  dispatch_view view;
  bool lifted = false;
  while (e.next_decision(view)) {
    if (view.request.urgent) {
      CHECK(index_of(view.request.id) == 19);
      CHECK(view.now <= instant{4'000'000});
      lifted = true;
    }
    e.dispatch(0);
  }
  CHECK(lifted);
}

TEST_CASE("edge_cloud: the default deployment has every service in every cluster",
          "[env][edge_cloud]") {
  const env::edge_cloud_config c;
  const auto d = env::deployment_of(c);
  REQUIRE(d.size() == 19 * 12);
  for (std::size_t cluster = 0; cluster < 3; ++cluster) {
    std::vector<std::uint32_t> sum(12, 0);
    for (std::size_t n = 0; n < 6; ++n) {
      std::uint32_t on_node = 0;
      for (std::size_t w = 0; w < 12; ++w) {
        sum[w] += d[(cluster * 6 + n) * 12 + w];
        on_node += d[(cluster * 6 + n) * 12 + w];
      }
      CHECK(on_node == 4);
    }
    CHECK(sum == std::vector<std::uint32_t>{12, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1});
  }
  CHECK(d[18 * 12] == 12);  // the cloud: 24 replicas, split alike
}

TEST_CASE("edge_cloud: a replica to be removed finishes its request first", "[env][edge_cloud]") {
  env::edge_cloud_config c = tiny();
  c.deployment = {2, 1};
  env::edge_cloud<> e{c};
  load(e, {at(0, 400, microseconds(9'000'000)), at(0, 400, microseconds(9'000'000)),
           at(10, 10, microseconds(9'000'000))});
  dispatch_view view;
  REQUIRE(e.next_decision(view));
  e.dispatch(0);
  REQUIRE(e.next_decision(view));
  e.dispatch(0);
  REQUIRE(e.next_decision(view));
  CHECK(view[0].busy == 2);
  const auto before = e.table().rows[0].memory_used;
  REQUIRE(e.scale({0, service_id{0}, -1}) == env::scaling::delayed);
  CHECK(view[0].busy == 2);                                          // both go on
  CHECK(e.table().rows[0].memory_used == before);                    // and keep their memory
  CHECK(e.scale({0, service_id{0}, 100}) == env::scaling::refused);  // 16 GB are not enough
  e.dispatch(0);
  CHECK_FALSE(e.next_decision(view));
  CHECK(e.counts().done == 3);
  CHECK(e.table().rows[0].memory_used == 1000);  // one replica of 1 GB is left
}

namespace {

template <class Env, class Rule>
void conserves(Env& e, Rule rule, std::uint64_t seed) {
  rng random{seed};
  e.reset();
  dispatch_view view;
  std::int64_t slot = -1;
  bool good = true;
  while (e.next_decision(view)) {
    const auto& c = e.counts();
    good = good && c.arrived == c.done + c.missed + c.waiting + c.running;
    if (e.slot() != slot) {
      // Count again from the requests themselves and from the books of the targets.
      slot = e.slot();
      std::uint64_t waiting = 0, running = 0, done = 0, missed = 0;
      std::vector<std::int64_t> queued(e.table().rows.size(), 0), busy(queued);
      std::vector<std::int64_t> cpu(queued);
      for (std::size_t i = 0; i < e.records().size(); ++i) {
        const auto& r = e.records()[i];
        switch (r.state) {
          case request_state::not_arrived:
            break;
          case request_state::waiting_at_access:
            ++waiting;
            break;
          case request_state::waiting_at_target:
            ++waiting;
            ++queued[r.target];
            break;
          case request_state::running:
            ++running;
            if (r.finished > e.now()) {
              ++busy[r.target];
              cpu[r.target] +=
                  static_cast<std::int64_t>(static_cast<double>(e.requests()[i].cpu) * 1e3 + 0.5);
            }
            break;
          case request_state::on_time:
            ++done;
            break;
          default:
            ++missed;
        }
      }
      good = good && waiting == c.waiting && running == c.running && done == c.done &&
             missed == c.missed;
      for (std::size_t t = 0; t < queued.size(); ++t) {
        const auto& row = e.table().rows[t];
        good = good && row.queue_length == queued[t] && row.running == busy[t] &&
               row.cpu_used == cpu[t] && row.cpu_used <= row.cpu_total &&
               row.memory_used <= row.memory_total;
        for (std::size_t w = 0; w < e.table().services; ++w) {
          const auto& cell = e.table().cells[t * e.table().services + w];
          good = good && cell.busy <= cell.replicas;
        }
      }
      if (!good) break;
    }
    const std::uint32_t k = rule.choose(view, random);
    good = good && view.valid(k);
    e.dispatch(k);
  }
  CHECK(good);
  const auto& c = e.counts();
  CHECK(c.arrived == e.requests().size());
  CHECK(c.arrived == c.done + c.missed + c.waiting + c.running);
  if (e.settings().finish_after_horizon) CHECK(c.waiting + c.running == 0);
  const auto& m = e.misses();
  CHECK(c.missed == m.expired_at_access + m.expired_at_target + m.hopeless_at_target + m.late);
  // The parts of each latency add up, and on time means on time.
  bool exact = true;
  for (std::size_t i = 0; i < e.records().size(); ++i) {
    const auto& r = e.records()[i];
    if (!r.answered_at_all()) continue;
    const auto& j = e.requests()[i];
    exact = exact && r.answered == r.finished + r.latency;
    exact = exact && (r.answered <= j.deadline) == (r.state == request_state::on_time);
    exact = exact && r.dispatched >= j.arrival && r.started >= r.dispatched + r.latency;
  }
  CHECK(exact);
}

}  // namespace

TEST_CASE("edge_cloud conserves requests in every slot, whatever the configuration",
          "[env][edge_cloud]") {
  rng random{11};
  for (std::uint64_t round = 0; round < 24; ++round) {
    env::edge_cloud_config c;
    c.clusters = 1 + static_cast<std::uint32_t>(uniform_below(random, 4));
    c.nodes_per_cluster = 3 + static_cast<std::uint32_t>(uniform_below(random, 5));
    c.cloud_nodes = 3;
    c.replicas_per_node = 4 + static_cast<std::uint32_t>(uniform_below(random, 8));
    c.start_only_if_on_time = uniform_below(random, 2) == 0;
    c.finish_after_horizon = uniform_below(random, 2) == 0;
    if (uniform_below(random, 2) == 0) c.speed = {0.5, 2.0, 1.3};
    support::workload_shape s;
    s.access_points = c.clusters;
    s.rate = 50.0 + 600.0 * uniform01(random);
    s.seconds = 3.1;
    const auto work = support::edge_workload(s, round);
    CAPTURE(round, s.rate);
    env::edge_cloud<> fifo{c};
    load(fifo, work, seconds(3));
    conserves(fifo, kmps::idle_first{}, round);
    conserves(fifo, kmps::random_choice{}, round);
    env::edge_cloud<queue::adaptive_hybrid, queue::adaptive_hybrid, env::drain_up_to<5>,
                    env::replica_mask>
        hybrid{c};
    load(hybrid, work, seconds(3));
    conserves(hybrid, kmps::greedy{}, round);
    env::edge_cloud<queue::earliest_deadline, queue::earliest_deadline, env::drain_one,
                    env::no_mask>
        literal{c};
    load(literal, work, seconds(3));
    conserves(literal, kmps::random_choice{}, round);
  }
}

TEST_CASE("edge_cloud repeats itself bit for bit, and does not allocate once warm",
          "[env][edge_cloud]") {
  support::workload_shape s;
  s.rate = 700.0;
  const auto work = support::edge_workload(s, 5);
  env::edge_cloud<queue::adaptive_hybrid, queue::earliest_deadline> e;
  load(e, work, seconds(5));
  rng random{3};
  kmps::idle_first rule;
  const auto first = kmps::run_episode(e, rule, random);
  std::vector<instant> answers;
  for (const auto& r : e.records()) answers.push_back(r.answered);
  std::size_t allocations = 1;
  {
    muster::testing::no_alloc_scope none;
    e.reset();
    dispatch_view view;
    while (e.next_decision(view)) e.dispatch(rule.choose(view, random));
    allocations = none.allocations();
  }
  CHECK(allocations == 0);
  CHECK(e.counts().done == first.done);
  bool same = true;
  for (std::size_t i = 0; i < answers.size(); ++i)
    same = same && answers[i] == e.records()[i].answered;
  CHECK(same);
}
