// SPDX-License-Identifier: Apache-2.0
#include "kmps/orchestration/frames.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/edge_workload.hpp"
#include "support/tiny_edge.hpp"

#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <map>
#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/greedy.hpp>
#include <muster/kmps/episode.hpp>
#include <muster/kmps/orchestration/pod_autoscaler.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;
using muster::tests::made_frame;
using plan_of = std::map<std::pair<std::uint32_t, std::size_t>, std::int32_t>;

namespace {

plan_of plan(kmps::pod_autoscaler& h, made_frame& f, std::int64_t second) {
  f.view.now = instant{} + seconds(second);
  f.view.frame = seconds(second == 0 ? 0 : 15);
  rng random{1};
  plan_of out;
  for (const replica_change& c : h.plan(f.view, random)) {
    out[{c.target, index_of(c.service)}] += c.delta;
  }
  return out;
}
/// Carries a plan out at once: what starts is ready in the next frame.
void carry_out(made_frame& f, const plan_of& changes) {
  for (const auto& [where, delta] : changes) {
    f.cell(where.first, where.second).replicas += static_cast<std::uint32_t>(delta);
    f.rows[where.first].memory_used += 1000 * delta;
  }
}
void all_busy(made_frame& f, std::size_t service, bool busy) {
  for (std::size_t t = 0; t < f.rows.size(); ++t) {
    f.cell(t, service).busy = busy ? f.cell(t, service).replicas : 0;
  }
}

}  // namespace

TEST_CASE("pod_autoscaler scales each service of each cluster by its own use",
          "[kmps][orchestration][hpa]") {
  made_frame f{2, 2, 2};
  for (std::size_t t = 0; t < 4; ++t) {
    f.place(t, 0, 1);
    f.place(t, 1, 1);
  }
  all_busy(f, 0, true);
  f.cell(2, 0).busy = f.cell(3, 0).busy = 0;  // cluster 1 idles; service 1 everywhere
  kmps::pod_autoscaler h;
  CHECK(plan(h, f, 0).empty());  // nothing measured yet
  // 2 pods at 100 % of 80 %: ceil(2 x 1.25) = 3 in cluster 0. Decreases wait.
  const plan_of first = plan(h, f, 15);
  CHECK(first == plan_of{{{0, 0}, 1}});
  CHECK(h.wanted(0, 0) == 3);
  CHECK(h.wanted(1, 0) == 2);
  carry_out(f, first);
  f.cell(0, 0).busy = 2;
  // 3 pods: 4. The next one goes to the emptier node.
  CHECK(plan(h, f, 30) == plan_of{{{1, 0}, 1}});
}

TEST_CASE("pod_autoscaler removes after 300 s, from where most are, and keeps one",
          "[kmps][orchestration][hpa]") {
  made_frame f{1, 3, 1};
  f.place(0, 0, 1);
  f.place(1, 0, 4);
  f.place(2, 0, 4);
  kmps::pod_autoscaler h;
  for (std::int64_t t = 0; t < 300; t += 15) CHECK(plan(h, f, t).empty());
  const plan_of gone = plan(h, f, 300);
  CHECK(gone == plan_of{{{1, 0}, -4}, {{2, 0}, -4}});  // 2, 1, 2, 1, ... down to the last one
  carry_out(f, gone);
  CHECK(plan(h, f, 315).empty());  // at least one
}

TEST_CASE("pod_autoscaler: pods that start go first, and are not asked for twice",
          "[kmps][orchestration][hpa]") {
  made_frame f{1, 2, 1};
  f.place(0, 0, 2);
  f.place(1, 0, 2);
  all_busy(f, 0, true);
  kmps::pod_autoscaler h;
  CHECK(plan(h, f, 15) == plan_of{{{0, 0}, 1}});  // 5
  f.starting[0] = 1;
  CHECK(plan(h, f, 30).empty());  // 4 busy of 5, the new one counted as idle: 80 %
  all_busy(f, 0, false);
  for (std::int64_t t = 45; t < 330; t += 15) CHECK(plan(h, f, t).empty());
  // Nothing is used, one pod stays: the one that still starts goes, then the fuller nodes.
  CHECK(plan(h, f, 330) == plan_of{{{0, 0}, -2}, {{1, 0}, -2}});
}

TEST_CASE("pod_autoscaler spreads by free cores and memory, and leaves the rest pending",
          "[kmps][orchestration][hpa]") {
  made_frame f{1, 2, 2};
  f.place(0, 0, 1);
  f.place(1, 1, 3);  // another service fills node 1
  f.cell(0, 0).busy = 1;
  kmps::pod_autoscaler::config c;
  c.autoscaler.metric.target = 0.1;
  c.replica_cpu = 1.0;  // 4 pods per node
  kmps::pod_autoscaler h{c};
  // 1 pod at 100 % of 10 %: 10 pods; at most 4 more at once. Node 0 takes two (2, 3 pods), then
  // node 1 is as full: 3 and 3. Equal: the smaller. Then both are full.
  const plan_of first = plan(h, f, 15);
  CHECK(first == plan_of{{{0, 0}, 3}, {{1, 0}, 1}});
  CHECK(h.wanted(0, 0) == 5);
  carry_out(f, first);
  all_busy(f, 0, true);
  CHECK(plan(h, f, 30).empty());  // 10 wanted, 5 there, no room
  CHECK(h.wanted(0, 0) == 10);
  f.cell(1, 1).replicas = 1;  // room for two
  CHECK(plan(h, f, 45) == plan_of{{{1, 0}, 2}});
}

TEST_CASE("pod_autoscaler leaves the cloud alone unless told", "[kmps][orchestration][hpa]") {
  made_frame f{1, 1, 1};
  f.place(0, 0, 1);
  f.place(1, 0, 2);
  f.rows[1].cpu_total = 24'000;
  f.rows[1].memory_total = 96'000;
  f.cell(1, 0).busy = 2;
  kmps::pod_autoscaler own;
  CHECK(plan(own, f, 15).empty());
  kmps::pod_autoscaler::config c;
  c.cloud = true;
  kmps::pod_autoscaler both{c};
  CHECK(plan(both, f, 15) == plan_of{{{1, 0}, 1}});
  both.reset();
  CHECK(plan(both, f, 15) == plan_of{{{1, 0}, 1}});
}

TEST_CASE("pod_autoscaler adds what a load needs, and takes it away again",
          "[kmps][orchestration][hpa]") {
  env::edge_cloud_config c = support::tiny(1, 1);
  c.frame = seconds(15);
  // 100 ms of work every 50 ms for 200 s: two replicas' worth; then next to nothing.
  support::arrivals a;
  for (std::int64_t t = 0; t < 200'000; t += 50) a.push_back(support::at(t, 100, seconds(3)));
  for (std::int64_t t = 200'000; t < 900'000; t += 5'000) {
    a.push_back(support::at(t, 100, seconds(3)));
  }
  env::edge_cloud<> e{c};
  support::load(e, a, seconds(900));
  e.reset();
  kmps::pod_autoscaler h;
  rng random{1};
  dispatch_view view;
  std::uint32_t most = 0, last = 0;
  for (decision_kind k; (k = e.next(view)) != decision_kind::over;) {
    if (k == decision_kind::dispatch) {
      e.dispatch(0);
      continue;
    }
    for (const replica_change& x : h.plan(e.frame(), random)) e.scale(x);
    last = h.wanted(0, 0);
    most = (std::max)(most, last);
  }
  CHECK(support::conserved(e));
  CHECK(most >= 3);  // 2 / 0.8 = 2.5
  CHECK(most <= 5);
  CHECK(last == 1);
  CHECK(e.counts().done > 3500);  // a fixed replica would answer about 2000 of 4000
}

TEST_CASE("pod_autoscaler does not allocate once warm", "[kmps][orchestration][hpa]") {
  made_frame f{3, 6, 12};
  for (std::size_t t = 0; t < 18; ++t) {
    for (std::size_t w = 0; w < 4; ++w) f.place(t, (t + w) % 12, 1);
  }
  kmps::pod_autoscaler h;
  rng random{1};
  const auto day = [&](std::int64_t from) {
    for (std::int64_t t = from; t < from + 1200; t += 15) {
      f.view.now = instant{} + seconds(t);
      f.view.frame = seconds(15);
      all_busy(f, static_cast<std::size_t>(t / 15) % 12, (t / 600) % 2 == 0);
      (void)h.plan(f.view, random);
    }
  };
  day(0);
  muster::testing::no_alloc_scope scope;
  day(1200);
  const auto n = scope.allocations();
  CHECK(n == 0);
  CHECK(support::breaks("replica_cpu", [] {
    kmps::pod_autoscaler::config c;
    c.replica_cpu = -1.0;
    kmps::pod_autoscaler{c};
  }));
}
