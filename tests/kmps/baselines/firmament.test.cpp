// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/edge_workload.hpp"
#include "support/tiny_edge.hpp"
#include "support/view_of_targets.hpp"

#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/earliest_finish.hpp>
#include <muster/kmps/baselines/firmament.hpp>
#include <muster/kmps/detail/rounds.hpp>
#include <muster/kmps/episode.hpp>
#include <muster/queue/earliest_deadline.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;

namespace {

/// Two clusters of two nodes and a cloud, two services, all of it made by hand.
struct world {
  std::vector<target_table::row> rows{5};
  std::vector<target_table::cell> cells{10};
  target_table table;
  dispatch_view view;

  world() {
    for (auto& r : rows) {
      r.cpu_total = 4000;
      r.memory_total = 16000;
    }
    table = {rows, cells, 2};
    view.table = &table;
    view.own = 2;
    view.lan = milliseconds(5);
    view.cross = milliseconds(25);
    view.wan = milliseconds(100);
    view.now = instant{} + seconds(10);
    view.is_valid = [](const dispatch_view& v, std::size_t k) noexcept {
      return env::replica_mask::allows(v, k);
    };
  }
  target_table::cell& cell(std::size_t t, std::size_t w) { return cells[t * 2 + w]; }
  job request(std::uint64_t id, std::uint32_t service, std::int64_t work_ms, std::int64_t slack_ms,
              std::int64_t waited_ms = 0) {
    job j;
    j.id = job_id{id};
    j.service = service_id{service};
    j.work = milliseconds(work_ms);
    j.arrival = view.now - milliseconds(waited_ms);
    j.deadline = view.now + milliseconds(slack_ms);
    j.cpu = 0.5F;
    return j;
  }
  void ask(const job& j, std::uint32_t access_point) {
    view.request = j;
    view.access_point = access_point;
    view.first_row = access_point * 2;
  }
};

struct waiting_at {
  job request;
  std::uint32_t access_point;
};

/// Announces a round and asks about each request in turn; global targets in the order given.
std::vector<std::size_t> place(world& s, kmps::firmament& f, const std::vector<waiting_at>& round) {
  rng random{1};
  s.ask(round[0].request, round[0].access_point);
  f.begin_round(s.view);
  for (std::size_t i = 1; i < round.size(); ++i) {
    f.add_waiting(round[i].access_point, std::span{&round[i].request, 1});
  }
  std::vector<std::size_t> targets;
  for (const auto& w : round) {
    s.ask(w.request, w.access_point);
    targets.push_back(s.view.row_of(f.choose(s.view, random)));
  }
  return targets;
}

/// The documented cost of one joint placement (5 = unscheduled), us; -1 if it is not allowed.
std::int64_t cost_of(const world& s, const std::vector<waiting_at>& round,
                     const std::vector<int>& choice) {
  std::int64_t work[2] = {0, 0}, count[2] = {0, 0};
  for (const auto& w : round) {
    work[index_of(w.request.service)] += w.request.work.us;
    ++count[index_of(w.request.service)];
  }
  std::int64_t total = 0, taken[5][2] = {};
  for (std::size_t i = 0; i < round.size(); ++i) {
    const job& j = round[i].request;
    const std::int64_t slack = (j.deadline - s.view.now).us;
    const auto w = index_of(j.service);
    if (choice[i] == 5) {
      total +=
          2'000'000 + (s.view.now - j.arrival).us + (std::max)(std::int64_t{0}, 2'000'000 - slack);
      continue;
    }
    const auto t = static_cast<std::size_t>(choice[i]);
    const auto& cell = s.cells[t * 2 + w];
    if (cell.replicas == 0) return -1;
    const std::int64_t way = t == 4 ? 100'000 : (t / 2 == round[i].access_point ? 5'000 : 25'000);
    if (2 * way + j.work.us > slack) return -1;
    const std::int64_t run = work[w] / count[w];
    const std::int64_t idle = std::int64_t{cell.replicas} - cell.busy - cell.waiting;
    const std::int64_t backlog =
        cell.work_waiting + cell.finish_sum - std::int64_t{cell.busy} * s.view.now.us;
    std::int64_t wait = 0;
    if (taken[t][w] >= idle) {
      wait = (std::max)(std::int64_t{0},
                        (backlog + taken[t][w] * run) / cell.replicas - (t == 4 ? 100'000 : 5'000));
    }
    if (wait > 250'000) return -1;
    ++taken[t][w];
    total += 2 * way + run + wait;
  }
  return total;
}

}  // namespace

TEST_CASE("firmament: four requests, worked out by hand", "[kmps][baselines][firmament]") {
  world s;
  s.cell(0, 0).replicas = s.cell(1, 0).replicas = s.cell(4, 0).replicas = 1;
  std::vector<waiting_at> round;
  for (std::uint64_t i = 0; i < 4; ++i) round.push_back({s.request(i, 0, 50, 5000), 0});
  kmps::firmament f;
  const auto targets = place(s, f, round);
  // Nodes: 10 + 50 ms, the second there 45 ms more. The cloud: 200 + 50 ms.
  CHECK(f.round_cost() == 2 * 60'000 + 2 * 105'000);
  CHECK(std::count(targets.begin(), targets.end(), 0U) == 2);
  CHECK(std::count(targets.begin(), targets.end(), 1U) == 2);
  CHECK(f.round_size() == 4);
  CHECK(f.left_unscheduled() == 0);
}

TEST_CASE("firmament: access points do not get into each other's way",
          "[kmps][baselines][firmament]") {
  // One idle replica in each cluster and three requests at access point 0, two at access point 1.
  world s;
  for (const std::size_t t : {0U, 2U}) s.cell(t, 0).replicas = 1;
  s.cell(4, 0).replicas = 2;
  std::vector<waiting_at> round;
  for (std::uint64_t i = 0; i < 2; ++i) round.push_back({s.request(i, 0, 400, 5000), 0});
  round.push_back({s.request(2, 0, 400, 5000), 1});
  kmps::firmament f;
  const auto targets = place(s, f, round);
  CHECK(targets[2] == 2);               // at home
  CHECK(targets[0] + targets[1] == 4);  // its own node and the cloud, not the neighbour's
}

TEST_CASE("firmament: the flow is the best joint placement under its costs",
          "[kmps][baselines][firmament]") {
  rng g{11};
  const auto below = [&](std::uint64_t n) {
    return static_cast<std::int64_t>(uniform_below(g, n));
  };
  std::size_t left = 0;
  for (int i = 0; i < 150; ++i) {
    world s;
    for (std::size_t t = 0; t < 5; ++t) {
      for (std::size_t w = 0; w < 2; ++w) {
        auto& cell = s.cell(t, w);
        cell.replicas = static_cast<std::uint32_t>(below(3));
        if (cell.replicas == 0) continue;
        cell.busy = static_cast<std::uint32_t>(below(cell.replicas + 1));
        cell.finish_sum = cell.busy * (s.view.now.us + below(150'000));
        cell.waiting = static_cast<std::uint32_t>(below(3));
        cell.work_waiting = cell.waiting * below(100'000);
      }
    }
    std::vector<waiting_at> round;
    const std::int64_t n = 1 + below(5);
    for (std::int64_t k = 0; k < n; ++k) {
      // In braces, so that every compiler draws in the same order.
      const std::int64_t d[]{below(2), 20 + below(200), 100 + below(1500), below(500), below(2)};
      round.push_back({s.request(static_cast<std::uint64_t>(k), static_cast<std::uint32_t>(d[0]),
                                 d[1], d[2], d[3]),
                       static_cast<std::uint32_t>(d[4])});
    }
    std::int64_t best = -1;
    std::vector<int> choice(round.size(), 0);
    for (;;) {
      const std::int64_t c = cost_of(s, round, choice);
      if (c >= 0 && (best < 0 || c < best)) best = c;
      std::size_t k = 0;
      while (k < choice.size() && ++choice[k] == 6) choice[k++] = 0;
      if (k == choice.size()) break;
    }
    kmps::firmament f;
    place(s, f, round);
    CAPTURE(i);
    CHECK(f.round_cost() == best);
    left += f.left_unscheduled();
  }
  CHECK(left > 5);  // short places were part of it
}

TEST_CASE("firmament: who is left unscheduled", "[kmps][baselines][firmament]") {
  // One place: a running request that leaves it free before the next round, and no cloud.
  world s;
  s.cell(0, 0).replicas = 1;
  s.cell(0, 0).busy = 1;
  s.cell(0, 0).finish_sum = s.view.now.us + 200'000;
  const job fresh = s.request(1, 0, 100, 3000, 10), old = s.request(2, 0, 100, 3000, 400);
  const job tight = s.request(3, 0, 100, 800, 10), hopeless = s.request(4, 0, 100, 90, 900);
  kmps::firmament f;
  place(s, f, {{fresh, 0}, {old, 0}});
  CHECK(f.left_unscheduled() == 1);
  CHECK(f.round_cost() == (10'000 + 100'000 + 195'000) + (2'000'000 + 10'000));  // the old one runs
  place(s, f, {{old, 0}, {tight, 0}});
  CHECK(f.round_cost() == 305'000 + 2'000'000 + 400'000);  // 2 s - 0.8 s of slack weigh more
  place(s, f, {{hopeless, 0}, {fresh, 0}});
  CHECK(f.left_unscheduled() == 1);  // a place is not wasted on what will be late
  CHECK(f.round_cost() == 305'000 + 2'000'000 + 900'000 + 1'910'000);
  // It must go somewhere all the same: where its answer is expected first.
  CHECK(place(s, f, {{fresh, 0}, {old, 0}}) == std::vector<std::size_t>{0, 0});
}

TEST_CASE("firmament keeps to links, cores and the mask", "[kmps][baselines][firmament]") {
  world s;
  for (std::size_t t = 0; t < 5; ++t) s.cell(t, 0).replicas = 4;
  std::vector<waiting_at> round;
  for (std::uint64_t i = 0; i < 12; ++i) round.push_back({s.request(i, 0, 240, 5000), 0});
  kmps::firmament f;
  auto targets = place(s, f, round);
  const auto count = [&](std::size_t t) { return std::count(targets.begin(), targets.end(), t); };
  CHECK(count(0) == 4);  // its own 8 replicas, then the neighbour's
  CHECK(count(1) == 4);
  CHECK(count(2) + count(3) == 4);

  const std::uint8_t cut[2] = {0, 1};
  s.view.cut_off = cut;
  targets = place(s, f, round);
  CHECK(count(2) + count(3) == 0);
  const std::uint8_t alone[2] = {1, 0};
  s.view.cut_off = alone;
  targets = place(s, f, round);
  CHECK(count(0) + count(1) == 12);
  s.view.cut_off = nullptr;

  // Half a core each: 3 of 4 cores in use leave room for 2 now and 8 more before the next round.
  s.rows[0].cpu_used = 4000;
  s.rows[0].cpu_total = 4000;
  for (auto& w : round) w.request.work = milliseconds(300);  // nothing ends within the round
  targets = place(s, f, round);
  CHECK(count(0) == 0);

  // A target that the mask forbids is not chosen even if planned.
  s.rows[0].cpu_used = 0;
  s.view.is_valid = [](const dispatch_view& v, std::size_t k) noexcept {
    return v.row_of(k) != 0 && env::replica_mask::allows(v, k);
  };
  targets = place(s, f, round);
  CHECK(count(0) == 0);
  s.view.is_valid = [](const dispatch_view&, std::size_t) noexcept { return false; };
  targets = place(s, f, round);
  CHECK(count(4) == 12);
}

TEST_CASE("firmament without announced rounds places one at a time",
          "[kmps][baselines][firmament]") {
  support::hand_made h{2, 2};
  rng random{1};
  kmps::firmament f;
  h.queue(0, 1);
  h.view.request.id = job_id{1};
  CHECK(f.choose(h.view, random) == 1);
  h.queue(1, 2);
  h.view.request.id = job_id{2};
  CHECK(f.choose(h.view, random) == 2);  // 2 x 25 + 50 at the neighbour, 10 + 50 + 45 at home
  f.reset();
  CHECK(f.round_size() == 0);
  CHECK(support::breaks("firmament", [] { kmps::firmament{{.round = {}}}; }));
}

namespace {

template <class Env, class D>
std::uint64_t run(Env& e, D& d, bool announce) {
  e.reset();
  d.reset();
  dispatch_view view;
  rng random{1};
  kmps::detail::rounds rounds;
  while (e.next_decision(view)) {
    if (announce) rounds.announce(e, d, view);
    e.dispatch(d.choose(view, random));
    REQUIRE(support::conserved(e));
  }
  return e.counts().done;
}

}  // namespace

TEST_CASE("firmament runs whole episodes, and planning together helps",
          "[kmps][baselines][firmament]") {
  support::workload_shape shape;
  shape.rate = 600.0;
  shape.seconds = 10.0;
  shape.max_allowance_ms = 600.0;  // little slack: a wrong place is a late answer
  const auto work = support::edge_workload(shape, 3);
  env::edge_cloud<queue::earliest_deadline, queue::earliest_deadline> e{};
  e.load(work, seconds(10));
  kmps::firmament f;
  const std::uint64_t together = run(e, f, true), apart = run(e, f, false);
  CHECK(run(e, f, true) == together);
  rng g{2};
  kmps::earliest_finish alone;
  const std::uint64_t by_finish = kmps::run_episode(e, alone, g).done;
  CAPTURE(together, apart, by_finish, work.size());
  CHECK(together > apart);
  CHECK(together > by_finish);
}

TEST_CASE("firmament does not allocate once warm", "[kmps][baselines][firmament]") {
  support::workload_shape shape;
  shape.rate = 300.0;
  shape.seconds = 3.0;
  const auto work = support::edge_workload(shape, 5);
  env::edge_cloud<> e{};
  e.load(work, seconds(3));
  kmps::firmament f;
  rng random{1};
  const auto episode = [&] {
    e.reset();
    f.reset();
    dispatch_view view;
    kmps::detail::rounds rounds;
    while (e.next_decision(view)) {
      rounds.announce(e, f, view);
      e.dispatch(f.choose(view, random));
    }
  };
  episode();
  muster::testing::no_alloc_scope scope;
  episode();
  const auto n = scope.allocations();
  CHECK(n == 0);
}
