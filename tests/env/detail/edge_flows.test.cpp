// SPDX-License-Identifier: Apache-2.0
#include <muster/env/detail/edge_flows.hpp>

#include <vector>

#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/episode.hpp>
#include <muster/queue/adaptive_hybrid.hpp>

#include "support/catch.hpp"
#include "support/edge_workload.hpp"
#include "support/tiny_edge.hpp"

using namespace muster;
using env::scaling;
using support::at;
using support::load;

namespace {

constexpr service_id only{0};

env::edge_cloud_config framed(std::uint32_t node = 1) {
  env::edge_cloud_config c = support::tiny(node);
  c.frame = seconds(1);
  c.replica_start = milliseconds(500);
  return c;
}

/// Runs to the next frame, sending everything to the node.
template <class Env>
bool to_frame(Env& e) {
  dispatch_view view;
  for (;;) {
    const decision_kind what = e.next(view);
    if (what == decision_kind::orchestrate) return true;
    if (what == decision_kind::over) return false;
    e.dispatch(0);
  }
}

}  // namespace

TEST_CASE("frames come at their multiples, before the decisions of their slot", "[env][frames]") {
  env::edge_cloud<> e{framed()};
  load(e, {at(900, 10, seconds(5)), at(2700, 10, seconds(5))}, milliseconds(3100));
  std::vector<std::int64_t> frames, decisions;
  dispatch_view view;
  for (;;) {
    const decision_kind what = e.next(view);
    if (what == decision_kind::over) break;
    if (what == decision_kind::orchestrate) {
      frames.push_back(e.now().us / 1000);
      CHECK(e.frame().number + 1 == frames.size());
      CHECK(e.frame().frame == (frames.size() == 1 ? duration{} : seconds(1)));
      // The request of 0.9 s waits at its access point when the frame at 1 s begins.
      CHECK(e.frame().at_access[0] == (frames.size() == 2 ? 1 : 0));
    } else {
      decisions.push_back(e.now().us / 1000);
      e.dispatch(0);
    }
  }
  CHECK(frames == std::vector<std::int64_t>{0, 1000, 2000, 3000});  // none after the horizon
  CHECK(decisions == std::vector<std::int64_t>{1000, 2750});
  CHECK(e.counts().done == 2);
}

TEST_CASE("a frame reports what happened since the one before", "[env][frames]") {
  env::edge_cloud<> e{framed()};
  // Decided at 0.25 s; runs 0.255 to 0.455. The second waits, and is hopeless; the third is late
  // for the first frame.
  load(e, {at(10, 200, seconds(5)), at(20, 300, milliseconds(500)), at(900, 100, seconds(5))},
       seconds(3));
  REQUIRE(to_frame(e));
  CHECK(e.frame().services[0].arrived == 0);
  REQUIRE(to_frame(e));
  const frame_view& v = e.frame();
  CHECK(v.services[0].arrived == 3);
  CHECK(v.services[0].done == 1);
  CHECK(v.services[0].missed == 1);
  CHECK(v.flows[0].done == 1);
  CHECK(v.flows[0].missed == 1);
  CHECK(v.flows[0].busy_us == 200'000);
  CHECK(v.busy[0] == 200'000);
  CHECK(v.busy[1] == 0);
  CHECK(v.flows[0].core_milliseconds == Approx(100.0));
  CHECK(v.flows[1].done == 0);
  CHECK(v.backlog(0) == 1);
  REQUIRE(to_frame(e));
  CHECK(e.frame().services[0].arrived == 0);
  CHECK(e.frame().services[0].done == 1);
  CHECK(e.frame().backlog(0) == 0);
  CHECK_FALSE(to_frame(e));
  CHECK(e.frame().services[0].done == 0);  // after the end: since the last frame
}

TEST_CASE("a new replica holds memory at once and serves when it has started", "[env][frames]") {
  env::edge_cloud<> e{framed()};
  load(e, {at(1100, 2000, seconds(9)), at(1110, 100, seconds(9))});
  REQUIRE(to_frame(e));
  REQUIRE(to_frame(e));  // at 1 s
  CHECK(e.table().rows[0].memory_used == 1000);
  CHECK(e.scale({0, only, 1}) == scaling::applied);
  CHECK(e.table().rows[0].memory_used == 2000);
  CHECK(e.frame().cell(0, 0).replicas == 1);
  CHECK(e.frame().replicas(0, 0) == 2);
  CHECK(e.scale({0, only, 15}) == scaling::refused);  // 17 GB
  support::send_all(e, 0);
  // Both reach the node at 1.255 s; the second starts on the new replica at 1.5 s.
  CHECK(e.records()[0].started == instant{1'255'000});
  CHECK(e.records()[1].started == instant{1'500'000});
  CHECK(e.table().cells[0].replicas == 2);
  CHECK(e.replica_time(0) == seconds(10) + milliseconds(8500));
}

TEST_CASE("replicas go at once when idle, later when busy, and come back for nothing",
          "[env][frames]") {
  env::edge_cloud<> e{framed(2)};
  load(e, {at(10, 5000, seconds(9)), at(20, 5000, seconds(9)), at(1010, 100, seconds(9))});
  REQUIRE(to_frame(e));
  CHECK(e.scale({0, only, -1}) == scaling::applied);
  CHECK(e.table().cells[0].replicas == 1);
  CHECK(e.scale({0, only, -2}) == scaling::refused);  // there is only one
  CHECK(e.table().cells[0].replicas == 1);
  CHECK(e.scale({0, only, 1}) == scaling::applied);
  CHECK(e.scale({0, only, -1}) == scaling::applied);  // called off while it starts
  CHECK(e.frame().replicas(0, 0) == 1);
  CHECK(e.table().rows[0].memory_used == 1000);
  CHECK(e.scale({0, only, 0}) == scaling::refused);
  REQUIRE(to_frame(e));  // one runs, one waits
  const auto held = e.table().rows[0].memory_used;
  CHECK(e.scale({0, only, -1}) == scaling::delayed);
  CHECK(e.table().rows[0].memory_used == held);
  CHECK(e.scale({0, only, 1}) == scaling::applied);  // it stays after all
  CHECK(e.frame().replicas(0, 0) == 1);
  CHECK(e.frame().starting[0] == 0);
  support::send_all(e, 0);
  CHECK(e.counts().done == 2);  // the second of 5 s comes too late
  CHECK(support::conserved(e));
}

TEST_CASE("what is scaled at random is conserved and never beyond memory", "[env][frames]") {
  support::workload_shape s;
  s.rate = 300.0;
  s.seconds = 20.0;
  const auto work = support::edge_workload(s, 5);
  env::edge_cloud_config c;
  c.frame = milliseconds(500);
  c.node_memory = 6.0;
  env::edge_cloud<queue::adaptive_hybrid, queue::adaptive_hybrid, env::drain_all,
                  env::resource_mask, env::relocate_urgent>
      e{c};
  e.load(work, seconds(20));
  rng random{3};
  kmps::idle_first rule;
  dispatch_view view;
  std::size_t applied = 0, delayed = 0, refused = 0;
  std::uint64_t arrived = 0;
  bool good = true;
  const auto look = [&] {
    good = good && support::conserved(e);
    for (const auto& row : e.table().rows) {
      good = good && row.memory_used >= 0 && row.memory_used <= row.memory_total;
    }
  };
  for (;;) {
    const decision_kind what = e.next(view);
    look();
    if (what == decision_kind::over) break;
    if (what == decision_kind::dispatch) {
      e.dispatch(rule.choose(view, random));
      continue;
    }
    const frame_view& v = e.frame();
    std::uint64_t waiting = 0, in_frame = 0;
    for (std::size_t w = 0; w < c.services; ++w) {
      waiting += v.backlog(w);
      in_frame += v.services[w].arrived;
    }
    arrived += in_frame;
    good = good && waiting == e.counts().waiting;
    for (int i = 0; i < 40; ++i) {
      const scaling done =
          e.scale({static_cast<std::uint32_t>(uniform_below(random, 19)),
                   service_id{static_cast<std::uint32_t>(uniform_below(random, 12))},
                   static_cast<std::int32_t>(uniform_below(random, 5)) - 2});
      ++(done == scaling::applied ? applied : done == scaling::delayed ? delayed : refused);
      look();
    }
  }
  CHECK(good);
  for (const service_flow& f : e.frame().services) arrived += f.arrived;
  CHECK(arrived == work.size());
  CHECK(applied > 100);
  CHECK(delayed > 0);
  CHECK(refused > 100);
  // Every replica that is there holds its memory, and nothing else is held.
  for (std::size_t t = 0; t < c.targets(); ++t) {
    std::uint32_t here = 0;
    for (std::size_t w = 0; w < c.services; ++w) here += e.frame().replicas(t, w);
    CHECK(e.table().rows[t].memory_used == here * 1000);
  }
}

namespace {

/// Adds one replica on the node at every frame.
struct one_more {
  replica_change change{0, only, 1};
  [[nodiscard]] std::span<const replica_change> plan(const frame_view&, rng&) {
    return {&change, 1};
  }
};

}  // namespace

TEST_CASE("an episode with an orchestrator counts its changes and what they offer",
          "[env][frames]") {
  env::edge_cloud_config c = framed();
  c.node_memory = 3.0;
  c.replica_start = {};
  env::edge_cloud<> e{c};
  load(e, {at(10, 100, seconds(1))}, seconds(4));
  kmps::idle_first d;
  one_more o;
  rng random{1};
  const auto r = kmps::run_episode(e, d, o, random);
  CHECK(r.replica_changes == 2);  // at 0 s and 1 s; then memory is full
  CHECK(r.done == 1);
  // Node: 1 for 4 s, +1 for 4 s, +1 for 3 s; cloud: 1 for 4 s. Busy: 0.1 s.
  CHECK(r.utilisation == Approx(0.1 / 15.0));
  CHECK(r.series[1].utilisation == Approx(0.1 / (3 * 0.25)));
}
