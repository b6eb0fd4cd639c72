// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/edge_workload.hpp"
#include "support/tiny_edge.hpp"

#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/earliest_finish.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/baselines/random_choice.hpp>
#include <muster/kmps/clairvoyant.hpp>
#include <muster/kmps/episode.hpp>
#include <muster/queue/earliest_deadline.hpp>
#include <muster/queue/shortest_estimated.hpp>

using namespace muster;
using support::arrivals;

namespace {

kmps::clairvoyant_bound bound(const env::edge_cloud_config& c, const arrivals& a, duration h) {
  return kmps::clairvoyant{}(c, std::span<const trace::arrival>{a}, h);
}

/// One node with one replica of one service; a cloud without any.
env::edge_cloud_config single() { return support::tiny(1, 0); }

trace::arrival at(std::int64_t ms, std::int64_t work_ms, std::int64_t allowance_ms) {
  trace::arrival a = support::at(ms, work_ms, milliseconds(allowance_ms));
  a.request.cpu = 0.1F;
  return a;
}

/// Every choice of a target for every request, for one order of the queues: the best result.
template <class Env>
std::uint64_t best_of_all(const env::edge_cloud_config& c, const arrivals& a, duration h) {
  Env e{c};
  e.load(a, h);
  const std::size_t targets = c.targets();
  std::uint64_t plans = 1;
  for (std::size_t i = 0; i < a.size(); ++i) plans *= targets;
  std::uint64_t best = 0;
  for (std::uint64_t plan = 0; plan < plans; ++plan) {
    e.reset();
    dispatch_view view;
    std::uint64_t rest = plan;
    while (e.next_decision(view)) {
      std::uint32_t k = static_cast<std::uint32_t>(rest % targets);
      rest /= targets;
      if (!view.valid(k)) k = static_cast<std::uint32_t>(view.cloud());
      e.dispatch(k);
    }
    best = (std::max)(best, e.counts().done);
  }
  return best;
}

}  // namespace

TEST_CASE("clairvoyant: hand-counted bounds", "[kmps][clairvoyant]") {
  const auto c = single();
  // Placed at 250 ms, between 255 and deadline - 5 ms: 100 ms of room for requests of 40 ms.
  const arrivals four{at(10, 40, 350), at(20, 40, 340), at(30, 40, 330), at(40, 40, 320)};
  CHECK(bound(c, four, seconds(1)).on_time == 2);
  // Short ones count first: 10 + 10 + 40 + 40 = 100.
  arrivals mixed = four;
  mixed[1].request.work = milliseconds(10);
  mixed[2].request.work = milliseconds(10);
  CHECK(bound(c, mixed, seconds(1)).on_time == 4);
  mixed[1].request.work = milliseconds(11);
  CHECK(bound(c, mixed, seconds(1)).on_time == 3);
  // 250 + 5 + 40 + 5: possible at 300 ms, not a microsecond before.
  arrivals one{at(0, 40, 50)};
  one[0].request.arrival = instant{1};
  one[0].request.deadline = instant{300'000};
  CHECK(bound(c, one, seconds(1)).infeasible == 0);
  CHECK(bound(c, one, seconds(1)).on_time == 1);
  one[0].request.deadline = instant{299'999};
  CHECK(bound(c, one, seconds(1)).infeasible == 1);
  CHECK(bound(c, one, seconds(1)).on_time == 0);
}

TEST_CASE("clairvoyant: cores bind where replicas do not", "[kmps][clairvoyant]") {
  env::edge_cloud_config c = single();
  c.deployment = {8, 0};
  c.node_cpu = 1.0;
  arrivals a;
  for (int i = 0; i < 8; ++i) {
    a.push_back(at(10, 80, 350));
    a.back().request.cpu = 0.5F;
  }
  CHECK(bound(c, a, seconds(1)).on_time == 2);  // 100 ms x 1 core / (80 ms x 0.5 cores) = 2.5
}

TEST_CASE("clairvoyant: the cloud helps only those who can wait for it", "[kmps][clairvoyant]") {
  env::edge_cloud_config c = single();
  c.deployment = {1, 4};
  arrivals a;
  for (int i = 0; i < 6; ++i) a.push_back(at(10, 90, 350));  // 110 ms in all: the edge, once
  CHECK(bound(c, a, seconds(1)).on_time == 1);
  for (auto& x : a) x.request.deadline = instant{650'000};  // cloud: 350 to 550 ms on 4 replicas
  // Edge (645 - 255) / 90 = 4.3, cloud 4 x 200 / 90 = 8.9: all.
  CHECK(bound(c, a, seconds(1)).on_time == 6);
}

TEST_CASE("clairvoyant is at least the best of all placements of tiny cases",
          "[kmps][clairvoyant]") {
  rng random{21};
  std::uint64_t reached = 0;
  for (int round = 0; round < 30; ++round) {
    env::edge_cloud_config c;
    c.clusters = 2;
    c.nodes_per_cluster = 1;
    c.cloud_nodes = 1;
    c.services = 1;
    c.deployment = {1, 1, 1};
    if (round % 3 == 0) c.speed = {0.7, 1.9};
    arrivals a;
    for (int i = 0; i < 5; ++i) {
      a.push_back(at(1 + static_cast<std::int64_t>(uniform_below(random, 30)) * 10 + 300 * (i / 3),
                     60 + static_cast<std::int64_t>(uniform_below(random, 120)),
                     330 + static_cast<std::int64_t>(uniform_below(random, 300))));
      a.back().access_point = static_cast<std::uint32_t>(uniform_below(random, 2));
    }
    std::sort(a.begin(), a.end(),
              [](const auto& x, const auto& y) { return x.request.arrival < y.request.arrival; });
    using edf = env::edge_cloud<queue::earliest_deadline, queue::earliest_deadline>;
    using fifo = env::edge_cloud<>;
    const std::uint64_t best =
        (std::max)(best_of_all<edf>(c, a, seconds(2)), best_of_all<fifo>(c, a, seconds(2)));
    const std::uint64_t most = bound(c, a, seconds(2)).on_time;
    CAPTURE(round);
    CHECK(most >= best);
    reached += most == best ? 1U : 0U;
  }
  CHECK(reached >= 10);  // and often it is exact
}

TEST_CASE("no rule ever beats clairvoyant", "[kmps][clairvoyant]") {
  rng random{4};
  for (std::uint64_t round = 0; round < 25; ++round) {
    env::edge_cloud_config c;
    c.clusters = 1 + static_cast<std::uint32_t>(uniform_below(random, 3));
    if (uniform_below(random, 2) == 0) c.speed = {0.5, 3.0, 1.7, 1.0, 0.9};
    if (uniform_below(random, 2) == 0) c.node_cpu = 0.8;
    support::workload_shape s;
    s.access_points = c.clusters;
    s.rate = 20.0 + 500.0 * uniform01(random);
    s.seconds = 3.0;
    s.min_allowance_ms = 50.0;
    s.max_allowance_ms = 200.0 + 3000.0 * uniform01(random);
    s.mean_work_ms = 20.0 + 80.0 * uniform01(random);
    const auto work = support::edge_workload(s, round);
    const std::uint64_t most = bound(c, work, seconds(3)).on_time;
    const auto done = [&]<class Env, class Rule>(Env e, Rule rule) {
      e.load(work, seconds(3));
      rng g{round};
      return kmps::run_episode(e, rule, g).done;
    };
    using edf = env::edge_cloud<queue::earliest_deadline, queue::earliest_deadline>;
    using sjf = env::edge_cloud<queue::shortest_estimated, queue::shortest_estimated>;
    CAPTURE(round, s.rate);
    CHECK(done(edf{c}, kmps::earliest_finish{}) <= most);
    CHECK(done(edf{c}, kmps::idle_first{}) <= most);
    CHECK(done(sjf{c}, kmps::earliest_finish{}) <= most);
    CHECK(done(edf{c}, kmps::random_choice{}) <= most);
  }
}

namespace {

/// Moves replicas at random at every frame.
struct shuffle {
  std::vector<replica_change> changes;
  [[nodiscard]] std::span<const replica_change> plan(const frame_view& v, rng& random) {
    changes.clear();
    for (int i = 0; i < 30; ++i) {
      changes.push_back({static_cast<std::uint32_t>(uniform_below(random, v.targets())),
                         service_id{static_cast<std::uint32_t>(uniform_below(random, 12) / 4)},
                         static_cast<std::int32_t>(uniform_below(random, 4)) - 1});
    }
    return changes;
  }
};

}  // namespace

TEST_CASE("with any deployment, clairvoyant bounds those who move replicas",
          "[kmps][clairvoyant]") {
  const auto any = [](const env::edge_cloud_config& c, const arrivals& a, duration h) {
    return kmps::clairvoyant{{.any_deployment = true}}(c, std::span<const trace::arrival>{a}, h);
  };
  // One replica can do one of two simultaneous requests in time; the node has memory for 16.
  const arrivals two{at(10, 90, 350), at(10, 90, 350)};
  CHECK(bound(single(), two, seconds(1)).on_time == 1);
  CHECK(any(single(), two, seconds(1)).on_time == 2);
  // But four cores only: 0.1 each, so 40 at a time.
  const arrivals many(60, at(10, 90, 350));
  CHECK(any(single(), many, seconds(1)).on_time == 17);  // 16 in 100 ms, and one more by the edge

  std::uint64_t beyond_fixed = 0;
  for (std::uint64_t round = 0; round < 12; ++round) {
    support::workload_shape s;
    s.rate = 400.0 + 100.0 * static_cast<double>(round);
    s.seconds = 6.0;
    const auto work = support::edge_workload(s, round);
    env::edge_cloud_config c;
    c.frame = milliseconds(250);
    c.replica_start = milliseconds(100);
    env::edge_cloud<queue::earliest_deadline, queue::earliest_deadline> e{c};
    e.load(work, seconds(6));
    kmps::earliest_finish d;
    shuffle o;
    rng g{round};
    const std::uint64_t done = kmps::run_episode(e, d, o, g).done;
    CHECK(done <= any(c, work, seconds(6)).on_time);
    beyond_fixed += done > bound(c, work, seconds(6)).on_time ? 1U : 0U;
  }
  CHECK(beyond_fixed > 0);  // so the fixed bound would not do
}
