// SPDX-License-Identifier: Apache-2.0
#include <muster/env/detail/edge_links.hpp>

#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/episode.hpp>

#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/edge_workload.hpp"
#include "support/tiny_edge.hpp"

using namespace muster;
using support::at;
using support::load;

namespace {

/// Two clusters of one node, and a cloud; cluster 1 is cut off from 1 s to 3 s.
env::edge_cloud_config parted() {
  env::edge_cloud_config c = support::tiny();
  c.clusters = 2;
  c.deployment = {1, 1, 1};
  c.outages = {{1, instant{1'000'000}, instant{3'000'000}}};
  return c;
}

trace::arrival from(std::uint32_t access_point, trace::arrival a) {
  a.access_point = access_point;
  return a;
}

}  // namespace

TEST_CASE("who is cut off reaches its own nodes only, and nobody reaches them", "[env][links]") {
  env::edge_cloud<> e{parted()};
  load(e, {from(0, at(700, 10, seconds(9))), from(1, at(1500, 10, seconds(9))),
           from(0, at(1700, 10, seconds(9))), from(1, at(2900, 10, seconds(9)))});
  dispatch_view v;
  REQUIRE(e.next_decision(v));  // 0.75 s, before
  CHECK((v.valid(0) && v.valid(1) && v.valid(2)));
  e.dispatch(0);
  REQUIRE(e.next_decision(v));  // 1.5 s, from inside
  CHECK(v.access_point == 1);
  CHECK((v.valid(0) && !v.valid(1) && !v.valid(2)));
  CHECK_FALSE(v.reachable(2));
  e.dispatch(0);
  REQUIRE(e.next_decision(v));  // 1.75 s, from outside
  CHECK((v.valid(0) && !v.valid(1) && v.valid(2)));
  e.dispatch(2);
  REQUIRE(e.next_decision(v));  // 3 s: over
  CHECK((v.valid(0) && v.valid(1) && v.valid(2)));
  e.dispatch(2);
  CHECK_FALSE(e.next_decision(v));
  CHECK(e.counts().done == 4);
}

TEST_CASE("messages wait for the link, both ways", "[env][links]") {
  env::edge_cloud<> e{parted()};
  // Decided at 1 s and 0.75 s. The first goes into the outage on purpose; the second's answer is
  // ready at 1.775 s inside it.
  load(e, {from(0, at(700, 1000, seconds(9))), from(1, at(1000, 10, seconds(9)))});
  dispatch_view v;
  REQUIRE(e.next_decision(v));
  e.dispatch(1);  // the neighbour's node
  REQUIRE(e.next_decision(v));
  e.dispatch(2);  // not reachable, but the cloud is always an answer
  CHECK_FALSE(e.next_decision(v));
  const auto& answer_waits = e.records()[0];
  CHECK(answer_waits.finished == instant{1'775'000});
  CHECK(answer_waits.answered == instant{3'025'000});
  const auto& request_waits = e.records()[1];
  CHECK(request_waits.started == instant{3'100'000});
  CHECK(request_waits.travel == milliseconds(2100));
  CHECK(request_waits.answered == instant{3'210'000});
}

TEST_CASE("a cluster cut off cannot be scaled", "[env][links]") {
  env::edge_cloud_config c = parted();
  c.frame = seconds(2);
  env::edge_cloud<> e{c};
  load(e, {at(5000, 10, seconds(1))});
  dispatch_view v;
  REQUIRE(e.next(v) == decision_kind::orchestrate);  // 0 s
  CHECK(e.scale({1, service_id{0}, 1}) == env::scaling::applied);
  REQUIRE(e.next(v) == decision_kind::orchestrate);  // 2 s
  CHECK(e.scale({0, service_id{0}, 1}) == env::scaling::applied);
  CHECK(e.scale({1, service_id{0}, 1}) == env::scaling::refused);
  CHECK(e.scale({2, service_id{0}, 1}) == env::scaling::applied);
}

TEST_CASE("decisions queue at their access point, or all at one scheduler", "[env][links]") {
  env::edge_cloud_config c = support::tiny(3);
  c.clusters = 2;
  c.deployment = {3, 3, 3};
  c.scheduling.per_decision = milliseconds(10);
  c.scheduling.aggregate = milliseconds(40);
  for (const bool central : {false, true}) {
    c.scheduling.central = central;
    env::edge_cloud<> e{c};
    load(e, {from(0, at(10, 5, seconds(1))), from(0, at(20, 5, seconds(1))),
             from(1, at(30, 5, seconds(1)))});
    support::send_all(e, 0);
    const auto r = e.records();
    CHECK(r[0].dispatched == instant{300'000});
    CHECK(r[1].dispatched == instant{310'000});
    CHECK(r[2].dispatched == instant{central ? 320'000 : 300'000});
    CHECK(r[0].started == instant{305'000});
    CHECK(r[0].answered == instant{315'000});
  }
}

TEST_CASE("what refused offers cost delays the request, not its neighbours", "[env][links]") {
  env::edge_cloud<> e{support::tiny(2)};
  load(e, {at(10, 5, seconds(1)), at(20, 5, seconds(1))});
  dispatch_view v;
  REQUIRE(e.next_decision(v));
  e.dispatch(0, milliseconds(50));
  REQUIRE(e.next_decision(v));
  e.dispatch(0);
  CHECK_FALSE(e.next_decision(v));
  CHECK(e.records()[0].dispatched == instant{300'000});
  CHECK(e.records()[0].started == instant{305'000});
  CHECK(e.records()[1].started == instant{255'000});
}

TEST_CASE("a minute without one cluster loses no request", "[env][links]") {
  support::workload_shape s;
  s.rate = 120.0;
  s.seconds = 90.0;
  const auto work = support::edge_workload(s, 11);
  env::edge_cloud_config c;
  c.outages = {{2, instant{} + seconds(15), instant{} + seconds(75)}};
  for (const bool central : {false, true}) {
    c.scheduling = {central, milliseconds(central ? 60 : 0), microseconds(200)};
    env::edge_cloud<> e{c};
    e.load(work, seconds(90));
    kmps::idle_first rule;
    rng random{1};
    const auto r = kmps::run_episode(e, rule, random);
    CHECK(r.arrived == work.size());
    CHECK(r.done + r.missed == r.arrived);
    CHECK(r.done > r.arrived / 2);
    CHECK(r.e2e_ms_mean == Approx(r.decision_ms_mean + r.transmission_ms_mean + r.queueing_ms_mean +
                                  r.execution_ms_mean));
  }
}

TEST_CASE("an outage without an end is refused", "[env][links]") {
  CHECK(support::breaks("bad outage", [] {
    env::edge_cloud_config c;
    c.outages = {{0, instant{}, never}};
    env::edge_cloud<> e{c};
  }));
}
