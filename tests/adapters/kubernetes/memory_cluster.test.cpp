// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <muster/adapters/kubernetes/memory_cluster.hpp>

namespace kube = muster::adapters::kubernetes;
using kube::api_status;
using muster::duration;

TEST_CASE("memory_cluster: versions, watches and a history that forgets",
          "[adapters][kubernetes]") {
  kube::memory_cluster c{{.history = 3}};
  c.add_node("a", {4000, 16'000});
  const auto start = c.list_nodes()->version;
  CHECK(c.watch_nodes(start, {})->events.empty());
  c.add_node("b", {4000, 16'000});
  c.set_ready("a", false);
  const auto seen = c.watch_nodes(start, {});
  REQUIRE(seen);
  REQUIRE(seen->events.size() == 2);
  CHECK(seen->events[0].kind == kube::event_kind::added);
  CHECK(seen->events[1].object.meta.name == "a");
  CHECK_FALSE(seen->events[1].object.ready);
  c.remove_node("b");
  c.set_ready("a", true);
  c.set_ready("a", false);
  CHECK(c.watch_nodes(start, {}).status() == api_status::gone);
  CHECK(c.watch_nodes("x", {}).status() == api_status::refused);
  CHECK(c.watch_nodes(seen->version, {})->events.size() == 3);
}

TEST_CASE("memory_cluster: a pod is bound once, and never its successor of the same name",
          "[adapters][kubernetes]") {
  kube::memory_cluster c;
  c.add_node("a", {4000, 16'000});
  const kube::pod p = c.add_pod("edge", "one", {}, {500, 100});
  CHECK(c.bind(p, "nowhere").status() == api_status::not_found);
  CHECK(c.bind(p, "a"));
  CHECK(c.bind(p, "a").status() == api_status::conflict);
  kube::pod other = p;
  other.meta.uid = "uid-99";
  CHECK(c.bind(other, "a").status() == api_status::conflict);
  other.meta.name = "two";
  CHECK(c.bind(other, "a").status() == api_status::not_found);
  // Deleting names a version.
  CHECK(c.remove(p).status() == api_status::conflict);
  CHECK(c.remove(c.pods().front()));
  CHECK(c.pods().empty());
}

TEST_CASE("memory_cluster: scaling makes and removes pods in the order of a ReplicaSet",
          "[adapters][kubernetes]") {
  kube::memory_cluster c;
  c.add_node("a", {4000, 16'000});
  c.add_deployment({"edge", "detect", "detect", {500, 1000}, 3});
  REQUIRE(c.pods().size() == 3);
  auto s = c.read_scale("edge", "detect");
  REQUIRE(s);
  CHECK(s->wanted == 3);
  CHECK(s->present == 3);
  // Bound: 0 and 1; 2 is not bound and goes first.
  for (const int k : {0, 1}) CHECK(c.bind(c.pods()[static_cast<std::size_t>(k)], "a"));
  c.start();
  s->wanted = 2;
  REQUIRE(c.write_scale(*s));
  CHECK(c.pods().size() == 2);
  CHECK(c.pods()[1].meta.name == "detect-1");
  CHECK(c.write_scale(*s).status() == api_status::conflict);  // the version is old now
  // Both are ready: the younger would go, but the older is cheaper to lose.
  REQUIRE(c.annotate(c.pods()[0], "controller.kubernetes.io/pod-deletion-cost", "-5"));
  s = c.read_scale("edge", "detect");
  s->wanted = 1;
  REQUIRE(c.write_scale(*s));
  REQUIRE(c.pods().size() == 1);
  CHECK(c.pods()[0].meta.name == "detect-1");
  s->meta.version.clear();
  s->wanted = -1;
  CHECK(c.write_scale(*s).status() == api_status::refused);
  // A pod that is deleted comes back under another name.
  CHECK(c.remove(c.pods()[0]));
  REQUIRE(c.pods().size() == 1);
  CHECK(c.pods()[0].meta.name == "detect-3");
  CHECK(c.read_scale("edge", "other").status() == api_status::not_found);
}
