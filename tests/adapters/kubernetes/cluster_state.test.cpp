// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <muster/adapters/kubernetes/cluster_state.hpp>
#include <muster/adapters/kubernetes/memory_cluster.hpp>
#include <muster/core/rng.hpp>

using namespace muster;
namespace kube = muster::adapters::kubernetes;

TEST_CASE("cluster_state follows a cluster, whatever happens to it", "[adapters][kubernetes]") {
  // A history of six: sometimes the watch keeps up, sometimes everything must be listed again.
  kube::memory_cluster cluster{{.history = 6}};
  kube::cluster_state state;
  rng random{9};
  cluster.add_deployment({"edge", "d", "d", {100, 100}, 2});
  std::uint64_t relisted = 0;
  for (int round = 0; round < 300; ++round) {
    for (auto n = uniform_below(random, 9); n > 0; --n) {
      const std::string name = "n" + std::to_string(uniform_below(random, 5));
      switch (uniform_below(random, 5)) {
        case 0: {
          bool there = false;
          for (const auto& node : cluster.nodes()) there = there || node.meta.name == name;
          if (!there) cluster.add_node(name, {4000, 16'000});
          break;
        }
        case 1:
          cluster.remove_node(name);
          break;
        case 2:
          cluster.set_ready(name, uniform_below(random, 2) == 0);
          break;
        case 3: {
          auto s = cluster.read_scale("edge", "d");
          s->wanted = static_cast<std::int32_t>(uniform_below(random, 4));
          REQUIRE(cluster.write_scale(*s));
          break;
        }
        default:
          if (!cluster.pods().empty() && !cluster.nodes().empty()) {
            (void)cluster.bind(cluster.pods().front(), cluster.nodes().front().meta.name);
          }
          cluster.start();
      }
    }
    REQUIRE(state.refresh(cluster, {}));
    relisted = state.lists();
    REQUIRE(state.nodes().size() == cluster.nodes().size());
    for (const auto& n : cluster.nodes()) {
      REQUIRE(state.nodes().at(n.meta.name).meta.version == n.meta.version);
    }
    REQUIRE(state.pods().size() == cluster.pods().size());
    for (const auto& p : cluster.pods()) {
      REQUIRE(state.pods().at("edge/" + p.meta.name).meta.version == p.meta.version);
    }
  }
  CHECK(relisted > 5);
  CHECK(relisted < 290);
}

namespace {

// Fails every call.
struct dead_api : kube::memory_cluster {
  [[nodiscard]] kube::answer<kube::listing<kube::node>> list_nodes() {
    return {kube::api_status::unavailable, error{"no answer", "", 0, "", ""}};
  }
};

}  // namespace

TEST_CASE("cluster_state keeps what it knew when a call fails", "[adapters][kubernetes]") {
  dead_api dead;
  kube::cluster_state state;
  const auto first = state.refresh(dead, {});
  CHECK(first.status() == kube::api_status::unavailable);
  CHECK(state.nodes().empty());
  kube::memory_cluster cluster;
  cluster.add_node("a", {1, 1});
  REQUIRE(state.refresh(cluster, {}));
  CHECK(state.nodes().size() == 1);
}
