// SPDX-License-Identifier: Apache-2.0
#include "adapters/kubernetes/fixture.hpp"
#include "support/catch.hpp"

#include <string>

#include <muster/adapters/kubernetes/json_objects.hpp>
#include <muster/core/rng.hpp>

namespace kube = muster::adapters::kubernetes;
using muster::error;

TEST_CASE("json_objects reads nodes as a server sends them", "[adapters][kubernetes]") {
  const auto document = kube::read_json(support::kube_fixture("nodes.json"), "nodes.json");
  REQUIRE(document);
  kube::listing<kube::node> list;
  std::string next;
  error why;
  REQUIRE(kube::read_list(kube::json_place{*document}, list, next, why));
  CHECK(list.version == "40312");
  CHECK(next.empty());
  REQUIRE(list.items.size() == 2);
  const kube::node& n = list.items[0];
  CHECK(n.meta.name == "edge-a-1");
  CHECK(n.ready);
  CHECK(n.allocatable == kube::resources{3920, 15'896});  // 15523840Ki, rounded down
  CHECK(*kube::find(n.meta.labels, "muster/speed") == "1.33");
  CHECK(list.items[1].unschedulable);
  CHECK_FALSE(list.items[1].ready);
}

TEST_CASE("json_objects reads pods as a server sends them", "[adapters][kubernetes]") {
  const auto document = kube::read_json(support::kube_fixture("pods.json"), "pods.json");
  REQUIRE(document);
  kube::listing<kube::pod> list;
  std::string next;
  error why;
  REQUIRE(kube::read_list(kube::json_place{*document}, list, next, why));
  CHECK(next == "eyJ2IjoxfQ");
  REQUIRE(list.items.size() == 2);
  const kube::pod& p = list.items[0];
  CHECK(p.node == "edge-a-1");
  CHECK(p.ready);
  CHECK(p.owner == "detect-6c9f");
  CHECK(p.scheduler == "muster-scheduler");
  // Containers 250m + 100m; the init container asks for 500m; overhead 50m on top.
  CHECK(p.requests.cpu == 550);
  CHECK(p.requests.memory == 135 + 53);  // 128Mi, up to 10^6 bytes; overhead 50Mi likewise
  CHECK(list.items[1].node.empty());
  CHECK(list.items[1].meta.deleting);
}

TEST_CASE("json_objects names the field that is wrong", "[adapters][kubernetes]") {
  const auto says = [](const char* text) {
    const auto document = kube::read_json(text, "");
    REQUIRE(document);
    kube::pod p;
    error why;
    CHECK_FALSE(kube::read_object(kube::json_place{*document}, p, why));
    return why.to_string();
  };
  CHECK(says("[]") == "is of type array; expected an object");
  CHECK(says(R"({})") == "metadata: is missing; expected an object");
  CHECK(says(R"({"metadata":{}})") == "metadata.name: is missing; expected a string");
  CHECK(says(R"({"metadata":{"name":"a","labels":{"x":1}}})") ==
        "metadata.labels: \"x\" is not a string; expected names and strings");
  CHECK(says(R"({"metadata":{"name":"a"},"spec":{"containers":[{},
                 {"resources":{"requests":{"cpu":"lots"}}}]}})") ==
        "spec.containers[1].resources.requests.cpu: 'lots' is no amount; expected an amount such "
        "as 250m, 1.5, 16Gi or 1e3");
  CHECK(says(R"({"metadata":{"name":"a"},"spec":{"containers":3}})") ==
        "spec.containers: is of type number; expected an array");
  CHECK(says(R"({"metadata":{"name":"a"},"status":{"conditions":[{"type":"Ready"}]}})") ==
        "status.conditions[0].status: is missing; expected a string");
}

TEST_CASE("json_objects: what is written is read back", "[adapters][kubernetes]") {
  kube::pod p;
  p.meta = {"a", "edge", "u-1", "17", {{"muster/service", "detect"}}, {{"x", "y"}}, false};
  p.node = "n";
  p.phase = "Running";
  p.scheduler = "muster-scheduler";
  p.owner = "detect";
  p.requests = {250, 100};
  p.ready = true;
  kube::pod back;
  error why;
  REQUIRE(kube::read_object(kube::json_place{kube::write_object(p)}, back, why));
  CHECK(kube::write_object(back) == kube::write_object(p));
  CHECK(back.requests == p.requests);

  kube::node n;
  n.meta.name = "n";
  n.allocatable = {4000, 16'000};
  n.ready = n.unschedulable = true;
  kube::node node_back;
  REQUIRE(kube::read_object(kube::json_place{kube::write_object(n)}, node_back, why));
  CHECK(kube::write_object(node_back) == kube::write_object(n));

  kube::scale s;
  s.meta.name = "d";
  s.wanted = 4;
  s.present = 3;
  kube::scale scale_back;
  REQUIRE(kube::read_object(kube::json_place{kube::write_object(s)}, scale_back, why));
  CHECK(scale_back.wanted == 4);
  CHECK(scale_back.present == 3);
}

TEST_CASE("json_objects survives damaged documents", "[adapters][kubernetes]") {
  muster::rng random{5};
  for (const char* name : {"nodes.json", "pods.json"}) {
    const std::string text = support::kube_fixture(name);
    for (int i = 0; i < 1500; ++i) {
      std::string copy = text;
      for (auto n = 1 + muster::uniform_below(random, 3); n > 0; --n) {
        const auto at = static_cast<std::size_t>(muster::uniform_below(random, copy.size()));
        if (muster::uniform_below(random, 2) == 0) {
          copy[at] = "0\"[]{}:,-nt"[muster::uniform_below(random, 11)];
        } else {
          copy.erase(at, static_cast<std::size_t>(muster::uniform_below(random, 8)));
        }
      }
      const auto document = kube::read_json(copy, "");
      if (!document) continue;
      kube::listing<kube::pod> pods;
      kube::listing<kube::node> nodes;
      std::string next;
      error why;
      if (!kube::read_list(kube::json_place{*document}, pods, next, why)) {
        REQUIRE(why.to_string().find('\n') == std::string::npos);
      }
      (void)kube::read_list(kube::json_place{*document}, nodes, next, why);
    }
  }
}
