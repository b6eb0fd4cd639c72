// SPDX-License-Identifier: Apache-2.0
#include "adapters/kubernetes/fixture.hpp"
#include "support/catch.hpp"

#include <algorithm>

#include <muster/adapters/kubernetes/extender.hpp>
#include <muster/adapters/kubernetes/memory_cluster.hpp>
#include <muster/kmps/baselines/greedy.hpp>
#include <muster/kmps/baselines/load_aware.hpp>

using namespace muster;
namespace kube = muster::adapters::kubernetes;

namespace {

using greedy_extender = kube::extender<kube::dispatcher_ranker<kmps::greedy>>;

// a: nearly full, b: half full, c: empty; four cores each.
kube::cluster_state three_nodes(kube::memory_cluster& cluster) {
  for (const char* name : {"a", "b", "c"}) cluster.add_node(name, {4000, 16'000});
  const auto put = [&](const char* name, const char* node, std::int64_t cpu) {
    REQUIRE(cluster.bind(cluster.add_pod("edge", name, {}, {cpu, 1'000}), node));
  };
  put("x", "a", 3600);
  put("y", "b", 2000);
  kube::cluster_state state;
  REQUIRE(state.refresh(cluster, {}));
  return state;
}

std::int64_t score_of(const kube::json& list, const char* host) {
  for (const auto& s : list) {
    if (s["Host"] == host) return s["Score"].get<std::int64_t>();
  }
  return 0;  // the contract: left out is 0
}

}  // namespace

TEST_CASE("extender with a node cache: filter and scores by the dispatcher",
          "[adapters][kubernetes]") {
  kube::memory_cluster cluster;
  greedy_extender e;
  e.look(three_nodes(cluster));
  const std::string body = support::kube_fixture("extender_args_names.json");
  const auto filtered = kube::json::parse(e.filter_json(body));
  CHECK(filtered["NodeNames"] == kube::json{"b", "c"});
  CHECK(filtered["FailedNodes"]["a"] == "not enough free cores or memory");
  CHECK(filtered["FailedNodes"].contains("stranger"));
  CHECK(filtered["Error"] == "");
  // Nothing is answered that was not asked about.
  for (const auto& name : filtered["NodeNames"]) CHECK(body.find(name) != std::string::npos);

  const auto scores = e.prioritize_json(body);
  REQUIRE(scores);
  const auto list = kube::json::parse(*scores);
  CHECK(score_of(list, "c") == 10);
  CHECK(score_of(list, "b") == 9);
  CHECK(score_of(list, "a") == 0);
  CHECK(score_of(list, "stranger") == 0);
}

TEST_CASE("extender without a node cache: whole nodes, and what is unresolvable",
          "[adapters][kubernetes]") {
  greedy_extender e;
  const auto filtered =
      kube::json::parse(e.filter_json(support::kube_fixture("extender_args_nodes.json")));
  REQUIRE(filtered["Nodes"]["items"].size() == 1);
  CHECK(filtered["Nodes"]["items"][0]["metadata"]["name"] == "big");
  CHECK(filtered["FailedAndUnresolvableNodes"].contains("small"));
  CHECK(filtered["FailedNodes"]["down"] == "the node is not ready");
}

TEST_CASE("extender: a request that cannot be read is told so, by field",
          "[adapters][kubernetes]") {
  greedy_extender e;
  const auto filtered = kube::json::parse(e.filter_json(R"({"Pod":{"metadata":{}}})"));
  CHECK(filtered["Error"] == "ExtenderArgs: Pod.metadata.name: is missing; expected a string");
  CHECK(filtered["NodeNames"].is_null());
  const auto scores = e.prioritize_json("{}");
  REQUIRE_FALSE(scores);
  CHECK(scores.failure().field == "Pod");
}

TEST_CASE("extender: five thousand nodes get eleven levels", "[adapters][kubernetes]") {
  kube::memory_cluster cluster{{.history = 10}};
  kube::json names = kube::json::array();
  kube::cluster_state state;
  for (int i = 0; i < 5000; ++i) names.push_back("n" + std::to_string(i));
  // memory_cluster looks names up one by one; a state of our own is quicker to make.
  struct quick : kube::memory_cluster {
    kube::listing<kube::node> all;
    [[nodiscard]] kube::answer<kube::listing<kube::node>> list_nodes() { return all; }
  } server;
  for (int i = 0; i < 5000; ++i) {
    kube::node n;
    n.meta.name = "n" + std::to_string(i);
    n.allocatable = {4000, 16'000 + i};  // the more memory, the smaller the share in use
    n.ready = true;
    server.all.items.push_back(n);
  }
  REQUIRE(state.refresh(server, {}));
  kube::extender<kube::dispatcher_ranker<kmps::load_aware>> e;
  e.look(state);
  kube::json body{{"NodeNames", names}};
  body["Pod"] = {{"metadata", {{"name", "p"}}}};
  body["Pod"]["spec"]["containers"] = {
      {{"name", "m"}, {"resources", {{"requests", {{"cpu", "1"}, {"memory", "1Gi"}}}}}}};
  const std::string text = body.dump();
  const auto filtered = kube::json::parse(e.filter_json(text));
  CHECK(filtered["NodeNames"].size() == 5000);
  const auto scores = kube::json::parse(*e.prioritize_json(text));
  CHECK(scores.size() == 5000);
  for (int level = 1; level <= 10; ++level) {
    const std::string host = "n" + std::to_string(4989 + level);
    CHECK(score_of(scores, host.c_str()) == level);
  }
  CHECK(std::count_if(scores.begin(), scores.end(),
                      [](const kube::json& s) { return s["Score"] != 0; }) == 10);
}
