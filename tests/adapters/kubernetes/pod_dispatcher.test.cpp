// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <muster/adapters/kubernetes/memory_cluster.hpp>
#include <muster/adapters/kubernetes/pod_dispatcher.hpp>
#include <muster/kmps/baselines/greedy.hpp>
#include <muster/kmps/baselines/idle_first.hpp>

using namespace muster;
namespace kube = muster::adapters::kubernetes;

namespace {

struct world {
  kube::memory_cluster cluster, neighbour;
  kube::cluster_state state, other;
  kube::system_books books{{.services = {"detect"}, .nodes_per_cluster = 2}};
  world() {
    cluster.add_node("a", {1000, 4'000});
    cluster.add_node("b", {1000, 4'000});
    neighbour.add_node("n", {1000, 4'000});
  }
  void refresh() {
    REQUIRE(state.refresh(cluster, {}));
    REQUIRE(other.refresh(neighbour, {}));
    const std::array<const kube::cluster_state*, 2> edge{&state, &other};
    books.fill(edge, nullptr);
  }
  void add(const char* name, std::int64_t cpu) {
    cluster.add_pod("edge", name, {{"muster/service", "detect"}}, {cpu, 500});
  }
};

}  // namespace

TEST_CASE("pod_dispatcher binds, hands over, and lets wait", "[adapters][kubernetes]") {
  world w;
  for (const char* name : {"r1", "r2", "r3", "r4"}) w.add(name, 800);
  w.cluster.add_pod("edge", "foreign", {{"muster/service", "detect"}}, {100, 100},
                    "default-scheduler");
  w.cluster.add_pod("edge", "nameless", {}, {100, 100});
  w.refresh();
  kube::pod_dispatcher<kmps::greedy> dispatch{{.cluster = 0}};
  rng random{1};
  const auto r = dispatch.step(w.cluster, w.state, w.books, instant{} + seconds(1), random);
  CHECK(r.bound == 2);  // one each on a and b: 800 of 1000
  REQUIRE(r.others.size() == 1);
  CHECK(r.others[0].request.meta.name == "r3");
  CHECK(w.books.where(r.others[0].target).node == "n");
  CHECK(r.waiting == 1);  // r4 fits nowhere
  REQUIRE(r.problems.size() == 1);
  CHECK(r.problems[0].field == "edge/nameless");
  CHECK(w.cluster.pods()[0].node == "a");
  CHECK(w.cluster.pods()[1].node == "b");
  CHECK(w.cluster.pods()[4].node.empty());
  // The next look shows them bound; nothing is bound twice.
  w.refresh();
  const auto again = dispatch.step(w.cluster, w.state, w.books, instant{} + seconds(2), random);
  CHECK(again.bound == 0);
}

TEST_CASE("pod_dispatcher leaves alone what somebody else bound", "[adapters][kubernetes]") {
  world w;
  w.add("r1", 100);
  w.refresh();
  REQUIRE(w.cluster.bind(w.cluster.pods()[0], "b"));
  kube::pod_dispatcher<kmps::idle_first> dispatch{{.cluster = 0}};
  rng random{1};
  const auto r = dispatch.step(w.cluster, w.state, w.books, instant{}, random);
  CHECK(r.bound == 0);
  CHECK(r.problems.empty());
  CHECK(w.cluster.pods()[0].node == "b");
}
