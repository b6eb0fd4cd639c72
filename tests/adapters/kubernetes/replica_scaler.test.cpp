// SPDX-License-Identifier: Apache-2.0
#include "adapters/kubernetes/mock_api_server.hpp"
#include "support/catch.hpp"

#include <map>

#include <muster/adapters/kubernetes/http_api.hpp>
#include <muster/adapters/kubernetes/replica_scaler.hpp>

using namespace muster;
namespace kube = muster::adapters::kubernetes;

namespace {

const kube::replica_scaler::config detect_only{.services = {{"detect", "edge", "detect"}}};

void start(kube::memory_cluster& c, std::int32_t replicas) {
  c.add_node("a", {4000, 16'000});
  c.add_node("b", {4000, 16'000});
  c.add_deployment({"edge", "detect", "detect", {500, 1'000}, replicas});
}

std::map<std::string, int> replicas_on(const kube::memory_cluster& c) {
  std::map<std::string, int> n;
  for (const auto& p : c.pods()) ++n[p.node];
  return n;
}

// Two steps of a running cluster: act, and what the cluster makes of it.
template <class Api>
kube::replica_scaler::report round(kube::replica_scaler& s, Api& api, kube::cluster_state& state,
                                   kube::memory_cluster& c) {
  REQUIRE(state.refresh(api, milliseconds(20)));
  auto r = s.step(api, state);
  c.start();
  REQUIRE(state.refresh(api, milliseconds(20)));
  return r;
}

}  // namespace

TEST_CASE("replica_scaler: one more replica ends on the node that was chosen",
          "[adapters][kubernetes]") {
  kube::memory_cluster c;
  start(c, 0);
  kube::cluster_state state;
  kube::replica_scaler scaler{detect_only};
  scaler.order(0, "b", +2);
  scaler.order(0, "a", +1);
  CHECK(scaler.open() == 3);
  const auto first = round(scaler, c, state, c);
  CHECK(first.scaled_up == 3);
  CHECK(first.bound == 0);  // the pods were not there yet
  const auto second = round(scaler, c, state, c);
  CHECK(second.bound == 3);
  CHECK(second.problems.empty());
  CHECK(scaler.open() == 0);
  CHECK(replicas_on(c) == std::map<std::string, int>{{"a", 1}, {"b", 2}});
  CHECK(c.read_scale("edge", "detect")->wanted == 3);
  CHECK(round(scaler, c, state, c).scaled_up == 0);
}

TEST_CASE("replica_scaler: only an idle replica of the chosen node goes",
          "[adapters][kubernetes]") {
  kube::memory_cluster c;
  start(c, 4);
  for (std::size_t k = 0; k < 4; ++k) REQUIRE(c.bind(c.pods()[k], k < 2 ? "a" : "b"));
  c.start(1);  // all busy
  kube::cluster_state state;
  kube::replica_scaler scaler{detect_only};
  scaler.order(0, "a", -1);
  auto r = round(scaler, c, state, c);
  CHECK(r.scaled_down == 0);
  CHECK(r.delayed == 1);
  c.set_in_flight("detect-3", 0);  // idle, but on the other node
  CHECK(round(scaler, c, state, c).delayed == 1);
  c.set_in_flight("detect-0", 0);
  r = round(scaler, c, state, c);
  CHECK(r.scaled_down == 1);
  CHECK(r.delayed == 0);
  REQUIRE(c.pods().size() == 3);
  CHECK(c.pods()[0].meta.name == "detect-1");  // not the youngest, not the idle one of b
  CHECK(c.read_scale("edge", "detect")->wanted == 3);
}

TEST_CASE("replica_scaler: a removal waits while another replica is not running",
          "[adapters][kubernetes]") {
  kube::memory_cluster c;
  start(c, 2);
  REQUIRE(c.bind(c.pods()[0], "a"));
  c.start(0);  // detect-1 is bound nowhere: the controller would take it first
  kube::cluster_state state;
  kube::replica_scaler scaler{detect_only};
  scaler.order(0, "a", -1);
  CHECK(round(scaler, c, state, c).delayed == 1);
  CHECK(c.pods().size() == 2);
  REQUIRE(c.bind(c.pods()[1], "b"));
  c.start(0);
  CHECK(round(scaler, c, state, c).scaled_down == 1);
  REQUIRE(c.pods().size() == 1);
  CHECK(c.pods()[0].node == "b");
}

namespace {

// A request arrives between the look and the call; another writer changes the scale in between.
struct racing_cluster : kube::memory_cluster {
  int arrivals = 0, writers = 0;
  [[nodiscard]] kube::answer<kube::pod> annotate(const kube::pod& p, const std::string& k,
                                                 const std::string& v) {
    if (arrivals > 0) --arrivals, set_in_flight(p.meta.name, 1);
    return memory_cluster::annotate(p, k, v);
  }
  [[nodiscard]] kube::answer<kube::scale> write_scale(const kube::scale& s) {
    if (writers > 0) {
      --writers;
      auto other = *read_scale(s.meta.space, s.meta.name);
      (void)memory_cluster::write_scale(other);  // a new version of the same number
    }
    return memory_cluster::write_scale(s);
  }
};

}  // namespace

TEST_CASE("replica_scaler loses races without harm", "[adapters][kubernetes]") {
  racing_cluster c;
  start(c, 1);
  REQUIRE(c.bind(c.pods()[0], "a"));
  c.start(0);
  kube::cluster_state state;
  kube::replica_scaler scaler{detect_only};
  scaler.order(0, "a", -1);
  c.arrivals = 1;
  auto r = round(scaler, c, state, c);
  CHECK(r.delayed == 1);  // it was not idle any more
  CHECK(r.problems.empty());
  CHECK(c.pods().size() == 1);
  c.set_in_flight("detect-0", 0);
  c.writers = 2;
  r = round(scaler, c, state, c);
  CHECK(r.scaled_down == 1);  // at the third try
  CHECK(c.pods().empty());
  c.writers = 100;
  scaler.order(0, "a", +1);
  r = round(scaler, c, state, c);
  CHECK(r.scaled_up == 0);
  CHECK(scaler.open() == 1);
  c.writers = 0;
  CHECK(round(scaler, c, state, c).scaled_up == 1);
}

TEST_CASE("replica_scaler takes a mark off a pod that is busy again", "[adapters][kubernetes]") {
  racing_cluster c;
  start(c, 2);
  for (std::size_t k = 0; k < 2; ++k) REQUIRE(c.bind(c.pods()[k], "a"));
  c.start(0);
  REQUIRE(c.annotate(c.pods()[0], std::string{kube::key::deletion_cost}, "-1000"));
  c.set_in_flight("detect-0", 2);
  kube::cluster_state state;
  kube::replica_scaler scaler{detect_only};
  scaler.order(0, "a", -1);
  CHECK(round(scaler, c, state, c).delayed == 1);
  CHECK(*kube::find(c.pods()[0].meta.annotations, kube::key::deletion_cost) == "0");
  CHECK(round(scaler, c, state, c).scaled_down == 1);
  REQUIRE(c.pods().size() == 1);
  CHECK(c.pods()[0].meta.name == "detect-0");
}

TEST_CASE("replica_scaler: pods without a controller are deleted themselves",
          "[adapters][kubernetes]") {
  kube::memory_cluster c;
  c.add_node("a", {4000, 16'000});
  const auto p = c.add_pod("edge", "alone", {{"muster/service", "detect"}}, {500, 1'000});
  REQUIRE(c.bind(p, "a"));
  c.start(0);
  kube::cluster_state state;
  kube::replica_scaler scaler{detect_only};
  scaler.order(0, "a", -1);
  CHECK(round(scaler, c, state, c).scaled_down == 1);
  CHECK(c.pods().empty());
}

TEST_CASE("replica_scaler gives up what cannot be done, and takes its pods back",
          "[adapters][kubernetes]") {
  kube::memory_cluster c;
  start(c, 0);
  kube::cluster_state state;
  auto config = detect_only;
  config.patience = 3;
  config.services.push_back({"track", "edge", "no-such-deployment"});
  kube::replica_scaler scaler{config};
  scaler.order(0, "no-such-node", +1);
  scaler.order(1, "a", +1);
  scaler.order(0, "a", -1);  // nothing is there
  std::uint32_t dropped = 0, problems = 0;
  for (int i = 0; i < 8; ++i) {
    const auto r = round(scaler, c, state, c);
    dropped += r.dropped;
    problems += static_cast<std::uint32_t>(r.problems.size());
  }
  CHECK(dropped == 3);
  CHECK(problems > 0);
  CHECK(scaler.open() == 0);
  CHECK(c.pods().empty());
  CHECK(c.read_scale("edge", "detect")->wanted == 0);
}

TEST_CASE("replica_scaler works over HTTP, from a plan", "[adapters][kubernetes]") {
  support::mock_api_server server;
  start(server.cluster, 0);
  kube::http_api<> api{{.server = server.url()}};
  kube::cluster_state state;
  REQUIRE(state.refresh(api, milliseconds(20)));
  kube::system_books books{{.services = {"detect"}, .nodes_per_cluster = 2}};
  const std::array<const kube::cluster_state*, 1> edge{&state};
  books.fill(edge, nullptr);
  kube::replica_scaler scaler{detect_only};
  const std::array<replica_change, 3> plan{{{1, service_id{0}, +1},
                                            {0, service_id{0}, +1},
                                            {2, service_id{0}, +1}}};  // the cloud: not ours
  CHECK(scaler.order(plan, books, 0) == 2);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(state.refresh(api, milliseconds(20)));
    const auto r = scaler.step(api, state);
    CHECK(r.problems.empty());
  }
  const std::scoped_lock held{server.lock};
  CHECK(replicas_on(server.cluster) == std::map<std::string, int>{{"a", 1}, {"b", 1}});
  CHECK(scaler.open() == 0);
}
