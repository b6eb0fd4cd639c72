// SPDX-License-Identifier: Apache-2.0
#include "adapters/kubernetes/fixture.hpp"
#include "support/catch.hpp"

#include <map>
#include <set>
#include <thread>

#include <muster/adapters/kubernetes/extender_server.hpp>
#include <muster/adapters/kubernetes/memory_cluster.hpp>
#include <muster/kmps/baselines/greedy.hpp>

using namespace muster;
namespace kube = muster::adapters::kubernetes;

namespace {

/// The part of kube-scheduler that talks to extenders, with its rules: only status 200 counts,
/// answers may name only nodes that were asked about, scores are integers, scores count
/// ten times the weight, and the best sum wins.
struct scheduler_side {
  httplib::Client client;
  explicit scheduler_side(int port) : client{"127.0.0.1", port} {}

  kube::json call(const char* verb, const std::string& body) {
    const auto r = client.Post(std::string{"/muster/"} + verb, body, "application/json");
    REQUIRE(r);
    last_status = r->status;
    last_body = r->body;
    return last_status == 200 ? kube::json::parse(r->body) : kube::json{};
  }
  /// The node a pod ends on; empty: none.
  std::string schedule(const std::string& body, std::map<std::string, std::int64_t> own_scores) {
    const auto request = kube::json::parse(body);
    std::set<std::string> asked(request["NodeNames"].begin(), request["NodeNames"].end());
    const auto filtered = call("filter", body);
    if (!filtered["Error"].get<std::string>().empty() || filtered["NodeNames"].is_null()) return {};
    std::set<std::string> left;
    for (const auto& n : filtered["NodeNames"]) {
      REQUIRE(asked.contains(n.get<std::string>()));
      left.insert(n.get<std::string>());
    }
    auto again = request;
    again["NodeNames"] = left;
    for (const auto& s : call("prioritize", again.dump())) {
      REQUIRE(s["Score"].is_number_integer());
      const auto score = s["Score"].get<std::int64_t>();
      REQUIRE((score >= 0 && score <= 10));
      own_scores[s["Host"].get<std::string>()] += score * weight * 10;
    }
    std::string best;
    for (const auto& name : left) {
      if (best.empty() || own_scores[name] > own_scores[best]) best = name;
    }
    return best;
  }
  std::int64_t weight = 5;
  int last_status = 0;
  std::string last_body;
};

}  // namespace

TEST_CASE("extender over HTTP keeps the contract of kube-scheduler", "[adapters][kubernetes]") {
  kube::memory_cluster cluster;
  for (const char* name : {"a", "b", "c"}) cluster.add_node(name, {4000, 16'000});
  REQUIRE(cluster.bind(cluster.add_pod("edge", "x", {}, {3900, 100}), "a"));
  REQUIRE(cluster.bind(cluster.add_pod("edge", "y", {}, {1000, 100}), "b"));
  kube::cluster_state state;
  REQUIRE(state.refresh(cluster, {}));
  kube::extender<kube::dispatcher_ranker<kmps::greedy>> strategy;
  std::mutex lock;
  httplib::Server server;
  kube::mount(server, "/muster", strategy, lock);
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread serving{[&] { server.listen_after_bind(); }};
  while (!server.is_running()) std::this_thread::yield();
  {
    const std::scoped_lock held{lock};
    strategy.look(state);
  }
  {
    scheduler_side scheduler{port};
    const std::string body = support::kube_fixture("extender_args_names.json");
    CHECK(scheduler.schedule(body, {}) == "c");
    // The scheduler's own plug-ins may outvote one level: 9 x 5 x 10 against 10 x 5 x 10.
    CHECK(scheduler.schedule(body, {{"b", 51}}) == "b");
    CHECK(scheduler.schedule(body, {{"b", 49}}) == "c");
    // Errors: filter in its field, prioritize as a status.
    CHECK(scheduler.call("filter", "{}")["Error"].get<std::string>().find("Pod: is missing") !=
          std::string::npos);
    CHECK(scheduler.last_status == 200);
    scheduler.call("prioritize", "{}");
    CHECK(scheduler.last_status == 400);
    CHECK(scheduler.last_body.find("Pod: is missing") != std::string::npos);
    scheduler.call("bind", "{}");  // not offered
    CHECK(scheduler.last_status == 404);
    const auto health = scheduler.client.Get("/healthz");
    REQUIRE(health);
    CHECK(health->status == 200);
  }
  server.stop();
  serving.join();
}
