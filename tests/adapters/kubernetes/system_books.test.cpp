// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <muster/adapters/kubernetes/memory_cluster.hpp>
#include <muster/adapters/kubernetes/system_books.hpp>
#include <muster/kmps/baselines/earliest_finish.hpp>
#include <muster/kmps/baselines/greedy.hpp>

using namespace muster;
namespace kube = muster::adapters::kubernetes;

namespace {

struct two_clusters {
  kube::memory_cluster east, west, cloud;
  kube::cluster_state east_state, west_state, cloud_state;
  kube::system_books books{{.services = {"detect", "track"}, .nodes_per_cluster = 2}};

  two_clusters() {
    east.add_node("e2", {4000, 16'000});
    east.add_node("e1", {4000, 16'000}, {{"muster/speed", "0.5"}});
    east.add_node("master", {8000, 32'000}, {{"node-role.kubernetes.io/control-plane", ""}});
    west.add_node("w1", {2000, 8'000});
    for (const char* name : {"c1", "c2"}) cloud.add_node(name, {4000, 16'000});
    east.add_deployment({"edge", "detect", "detect", {500, 1'000}, 3});
    cloud.add_deployment({"edge", "track", "track", {1000, 2'000}, 2});
  }
  void fill() {
    REQUIRE(east_state.refresh(east, {}));
    REQUIRE(west_state.refresh(west, {}));
    REQUIRE(cloud_state.refresh(cloud, {}));
    const std::array<const kube::cluster_state*, 2> edge{&east_state, &west_state};
    books.fill(edge, &cloud_state);
  }
};

}  // namespace

TEST_CASE("system_books: rows are nodes by name, filled up, the cloud pooled",
          "[adapters][kubernetes]") {
  two_clusters w;
  w.fill();
  REQUIRE(w.books.targets() == 5);
  const auto& rows = w.books.table().rows;
  CHECK(w.books.where(0).node == "e1");
  CHECK(w.books.where(1).node == "e2");
  CHECK(w.books.where(2).node == "w1");
  CHECK(w.books.where(2).cluster == 1);
  CHECK(w.books.where(3).node.empty());  // west has one node only
  CHECK(rows[3].cpu_total == 0);
  CHECK(w.books.where(4).cluster == 2);
  CHECK(rows[4].cpu_total == 8000);
  CHECK(rows[0].speed == 0.5);
  CHECK(rows[1].speed == 1.0);
  // The pods are bound nowhere yet.
  CHECK(rows[0].cpu_used == 0);
  w.east.set_ready("e1", false);
  w.fill();
  CHECK(w.books.where(0).node == "e2");
  CHECK(w.books.where(1).node.empty());
}

TEST_CASE("system_books: cells count ready, busy, waiting and starting replicas",
          "[adapters][kubernetes]") {
  two_clusters w;
  REQUIRE(w.east.bind(w.east.pods()[0], "e1"));
  REQUIRE(w.east.bind(w.east.pods()[1], "e1"));
  w.east.start();
  w.east.set_in_flight("detect-1", 3);
  REQUIRE(w.east.bind(w.east.pods()[2], "e2"));  // bound, not running
  for (const int k : {0, 1}) {
    REQUIRE(w.cloud.bind(w.cloud.pods()[static_cast<std::size_t>(k)], k == 0 ? "c1" : "c2"));
  }
  w.cloud.start();
  w.fill();
  const auto view = w.books.frame(instant{} + seconds(50), seconds(25), 2);
  CHECK(view.cell(0, 0).replicas == 2);
  CHECK(view.cell(0, 0).busy == 1);
  CHECK(view.cell(0, 0).waiting == 2);
  CHECK(view.cell(0, 0).work_waiting == 2 * 65'000);
  CHECK(view.table->rows[0].cpu_used == 1000);
  CHECK(view.table->rows[0].queue_length == 2);
  CHECK(view.table->rows[0].running == 1);
  CHECK(view.cell(1, 0).replicas == 0);
  CHECK(view.replicas(1, 0) == 1);  // starting
  CHECK(view.cell(4, 1).replicas == 2);
  CHECK(view.table->rows[4].memory_used == 4'000);
  CHECK(view.backlog(0) == 2);
  CHECK(view.has_room(1));
  CHECK_FALSE(view.has_room(3));
  CHECK(view.cluster_of(2) == 1);

  const std::array<std::uint32_t, 4> waiting{5, 0, 1, 0};
  const std::array<service_flow, 2> flows{{{10, 7, 3}, {}}};
  w.books.set_requests(waiting, flows);
  const auto told = w.books.frame(instant{} + seconds(50), seconds(25), 2);
  CHECK(told.backlog(0) == 8);
  CHECK(told.services[0].missed == 3);

  // A dispatcher of the simulator decides on it: one replica of e1 is idle.
  job request;
  request.service = service_id{0};
  request.work = milliseconds(50);
  request.cpu = 0.5F;
  request.deadline = instant{} + seconds(60);
  rng random{1};
  const auto decide = w.books.dispatch(0, request, instant{} + seconds(50));
  CHECK(decide.valid(0));
  CHECK_FALSE(decide.valid(1));
  CHECK_FALSE(decide.valid(3));
  CHECK(decide[0].idle() == 0);                   // two wait for the one that is free
  CHECK(decide[0].backlog == milliseconds(260));  // 130 ms at half the speed
  CHECK(kmps::earliest_finish{}.choose(decide, random) == 0);
  w.books.book(0, service_id{0});
  CHECK(w.books.dispatch(0, request, instant{} + seconds(50))[0].waiting == 3);
}

TEST_CASE("system_books: placing pods counts room, not replicas", "[adapters][kubernetes]") {
  two_clusters w;
  w.fill();
  job request;
  request.service = service_id{1};
  rng random{1};
  const kube::resources needs{1500, 1'000};
  auto view = w.books.dispatch_pod(1, request, needs, instant{});
  CHECK(view[0].idle() == 1);  // w1: 2000 cores/1000
  CHECK_FALSE(view.valid(1));  // a row without node
  CHECK(view[2].idle() == 2);  // e1
  CHECK(view[4].idle() == 5);  // the cloud as a pool
  CHECK(kmps::greedy{}.choose(view, random) == 0);
  w.books.take(2, needs);
  view = w.books.dispatch_pod(1, request, needs, instant{});
  CHECK_FALSE(view.valid(0));
  CHECK(kmps::greedy{}.choose(view, random) == 2);
  CHECK_FALSE(w.books.dispatch_pod(1, request, {}, instant{}).valid(1));
  CHECK(support::breaks("names of the services", [] { kube::system_books none{{}}; }));
}

TEST_CASE("in_flight is what the annotation says", "[adapters][kubernetes]") {
  kube::pod p;
  CHECK(kube::in_flight(p) == -1);
  for (const auto& [text, value] :
       {std::pair{"0", 0}, {"12", 12}, {"", -1}, {"-3", -1}, {"two", -1}, {"1 ", -1}}) {
    p.meta.annotations[std::string{kube::key::in_flight}] = text;
    CHECK(kube::in_flight(p) == value);
  }
}
