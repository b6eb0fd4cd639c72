// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/tiny_edge.hpp"

#include <algorithm>
#include <muster/core/rng.hpp>
#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/earliest_finish.hpp>
#include <muster/kmps/baselines/greedy.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/baselines/least_queue.hpp>
#include <muster/kmps/baselines/random_choice.hpp>
#include <muster/kmps/clairvoyant.hpp>
#include <muster/kmps/episode.hpp>
#include <muster/kmps/exact.hpp>
#include <muster/kmps/pipeline.hpp>
#include <muster/queue/earliest_deadline.hpp>

using namespace muster;
using workload = std::vector<trace::arrival>;

namespace {

/// Two clusters of one node, and a cloud, one replica each; requests that cannot all be served.
env::edge_cloud_config three_places(bool uneven) {
  env::edge_cloud_config c;
  c.clusters = 2;
  c.nodes_per_cluster = 1;
  c.cloud_nodes = 1;
  c.services = 1;
  c.deployment = {1, 1, 1};
  if (uneven) c.speed = {0.7, 1.6};
  return c;
}
workload some(rng& random, int n) {
  workload a;
  for (int i = 0; i < n; ++i) {
    // In braces, so that every compiler draws in the same order.
    const std::uint64_t d[]{uniform_below(random, 30), uniform_below(random, 120),
                            uniform_below(random, 300)};
    a.push_back(support::at(1 + 10 * static_cast<std::int64_t>(d[0]) + 300 * (i / 3),
                            60 + static_cast<std::int64_t>(d[1]),
                            milliseconds(330 + static_cast<std::int64_t>(d[2]))));
    a.back().access_point = static_cast<std::uint32_t>(uniform_below(random, 2));
  }
  std::sort(a.begin(), a.end(),
            [](const auto& x, const auto& y) { return x.request.arrival < y.request.arrival; });
  return a;
}

}  // namespace

TEST_CASE("exact: three requests for two replicas, by hand", "[kmps][exact]") {
  // Placed at 250 ms. The node answers one request of 80 ms by 340 ms and the next by 420 ms; the
  // cloud by 530 ms. Two can be on time at the node, the patient one only where there is room.
  const workload a{support::at(10, 80, milliseconds(335)), support::at(20, 80, milliseconds(405)),
                   support::at(30, 80, milliseconds(505))};
  env::edge_cloud<queue::earliest_deadline, queue::earliest_deadline> e{support::tiny(1, 1)};
  support::load(e, a);
  const kmps::exact_optimum best = kmps::exact{}(e);
  CHECK(best.proven);
  CHECK(best.on_time == 3);
  // Earliest deadline first: the last one to the cloud (1), the others to the node (0), or all
  // to the node, where the third is answered at 500 ms.
  CHECK(best.targets == std::vector<std::uint32_t>{0, 0, 0});
  CHECK(best.gap(3) == 0.0);
  CHECK(best.gap(2) == Approx(1.0 / 3.0));

  // With 100 ms of work the third is late at the node: only the cloud helps.
  workload b = a;
  for (auto& x : b) x.request.work = milliseconds(90);
  b[1].request.deadline = instant{440'000};
  b[2].request.deadline = instant{544'000};
  b[0].request.deadline = instant{350'000};
  b.push_back(support::at(40, 90, milliseconds(510)));  // 550 ms
  support::load(e, b);
  const kmps::exact_optimum four = kmps::exact{}(e);
  CHECK(four.on_time == 4);  // 350, 440, 530 at the node, 540 by the cloud
  CHECK(four.targets.size() == 4);
  CHECK(std::count(four.targets.begin(), four.targets.end(), 1U) == 1);
}

TEST_CASE("exact equals trying every combination", "[kmps][exact]") {
  rng random{3};
  for (int round = 0; round < 12; ++round) {
    const auto c = three_places(round % 2 == 0);
    const workload a = some(random, 5);
    env::edge_cloud<queue::earliest_deadline> e{c};
    support::load(e, a);
    std::uint64_t most = 0;
    for (int plan = 0; plan < 243; ++plan) {
      e.reset();
      dispatch_view view;
      int rest = plan;
      while (e.next_decision(view)) {
        e.dispatch(static_cast<std::uint32_t>(rest % 3));
        rest /= 3;
      }
      most = (std::max)(most, e.counts().done);
    }
    const kmps::exact_optimum best = kmps::exact{}(e);
    CAPTURE(round);
    CHECK(best.proven);
    CHECK(best.on_time == most);
    CHECK(best.episodes <= 243);
    // The answers it names achieve it.
    e.reset();
    dispatch_view view;
    std::size_t i = 0;
    while (e.next_decision(view)) e.dispatch(best.targets.at(i++));
    CHECK(e.counts().done == best.on_time);
  }
}

TEST_CASE("rules never beat exact, and exact never beats clairvoyant", "[kmps][exact]") {
  rng random{8};
  std::uint64_t optimum = 0, by_finish = 0, by_use = 0, bound = 0;
  for (int round = 0; round < 25; ++round) {
    const auto c = three_places(round % 3 == 0);
    const workload a = some(random, 7);
    env::edge_cloud<queue::earliest_deadline, queue::earliest_deadline> e{c};
    support::load(e, a);
    const auto most =
        kmps::clairvoyant{}(c, std::span<const trace::arrival>{a}, seconds(10)).on_time;
    const kmps::exact_optimum best = kmps::exact{}(e, most);
    CAPTURE(round);
    REQUIRE(best.proven);
    CHECK(best.on_time <= most);
    const auto done = [&](auto rule) {
      rng g{1};
      return kmps::run_episode(e, rule, g).done;
    };
    const auto finish = done(kmps::earliest_finish{}), use = done(kmps::greedy{});
    CHECK(finish <= best.on_time);
    CHECK(use <= best.on_time);
    CHECK(done(kmps::idle_first{}) <= best.on_time);
    CHECK(done(kmps::least_queue{}) <= best.on_time);
    optimum += best.on_time;
    by_finish += finish;
    by_use += use;
    bound += most;
  }
  // The cases are hard enough to tell them apart.
  CHECK(by_finish < optimum);
  CHECK(by_use < by_finish);
  CHECK(optimum <= bound);
}

TEST_CASE("exact says when it was stopped", "[kmps][exact]") {
  rng random{5};
  env::edge_cloud<> e{three_places(false)};
  support::load(e, some(random, 7));
  const kmps::exact_optimum some_plan = kmps::exact{{.episodes = 3}}(e);
  CHECK_FALSE(some_plan.proven);
  CHECK(some_plan.episodes == 3);
  const kmps::exact_optimum best = kmps::exact{}(e);
  CHECK(best.on_time >= some_plan.on_time);
  CHECK(support::breaks("no episode", [] { kmps::exact{{.episodes = 0}}; }));
}

TEST_CASE("exact: nothing to decide", "[kmps][exact]") {
  env::edge_cloud<> e{three_places(false)};
  support::load(e, {});
  const kmps::exact_optimum best = kmps::exact{}(e);
  CHECK(best.proven);
  CHECK(best.on_time == 0);
  CHECK(best.gap(0) == 0.0);
}

TEST_CASE("exact: what learned dispatch leaves on the table in tiny cases",
          "[kmps][exact][learning]") {
  using pipeline = kmps::pipeline<slot::dequeue<queue::earliest_deadline>,
                                  slot::node_dequeue<queue::earliest_deadline>,
                                  slot::rescheduler<env::stay_put>>;
  pipeline::config c;
  c.environment = three_places(false);
  c.actor.hidden = {32, 16};
  c.critic.hidden = {32, 16};
  c.trainer.copies = 16;
  c.trainer.minibatch = 64;
  c.trainer.actor_rate = c.trainer.critic_rate = 2e-3;
  c.sample = false;
  pipeline learned{c};
  // Many tiny cases one after the other, two seconds apart.
  const auto train = [](std::uint64_t seed) {
    rng random{seed};
    workload a;
    for (int i = 0; i < 8; ++i) {
      for (trace::arrival x : some(random, 6)) {
        x.request.arrival += seconds(2 * i);
        x.request.deadline += seconds(2 * i);
        a.push_back(x);
      }
    }
    return a;
  };
  learned.train(train, {.episodes = 60, .horizon = seconds(20), .seed = 1});

  rng random{77};
  std::uint64_t best = 0, by_learning = 0, by_chance = 0;
  bool never_above = true;
  for (int round = 0; round < 40; ++round) {
    const workload a = some(random, 6);
    auto e = learned.make_environment();
    support::load(e, a);
    const kmps::exact_optimum optimum = kmps::exact{}(e);
    REQUIRE(optimum.proven);
    rng g{static_cast<std::uint64_t>(round)};
    kmps::random_choice chance;
    const std::uint64_t done = kmps::run_episode(e, learned, g).done;
    never_above = never_above && done <= optimum.on_time;
    best += optimum.on_time;
    by_learning += done;
    by_chance += kmps::run_episode(e, chance, g).done;
  }
  CHECK(never_above);
  CAPTURE(best, by_learning, by_chance);
  CHECK(static_cast<double>(by_learning) >= 0.93 * static_cast<double>(best));
  CHECK(by_learning > by_chance);
}
