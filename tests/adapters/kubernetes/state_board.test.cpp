// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <array>

#include <muster/adapters/kubernetes/memory_cluster.hpp>
#include <muster/adapters/kubernetes/state_board.hpp>

using namespace muster;
namespace kube = muster::adapters::kubernetes;

namespace {

constexpr instant at(std::int64_t ms) { return instant{} + milliseconds(ms); }

kube::node_report report(const char* node, std::uint64_t number) {
  kube::node_report r;
  r.node = node;
  r.number = number;
  r.cpu = 0.75;
  r.memory = 0.25;
  r.queues = {{"detect", 4, 1}};
  r.peers = {{"n2", "a", milliseconds(2)},
             {"n3", "a", milliseconds(4)},
             {"m1", "b", milliseconds(40)},
             {"c1", "cloud", milliseconds(180)}};
  return r;
}

}  // namespace

TEST_CASE("a node report is read as it was written", "[adapters][kubernetes]") {
  const auto back = kube::read_node_report(kube::write_node_report(report("n1", 7)));
  REQUIRE(back);
  CHECK(back->node == "n1");
  CHECK(back->number == 7);
  CHECK(back->cpu == 0.75);
  REQUIRE(back->queues.size() == 1);
  CHECK(back->queues[0].waiting == 4);
  REQUIRE(back->peers.size() == 4);
  CHECK(back->peers[3].round_trip == milliseconds(180));

  const auto says = [](const char* text) {
    return kube::read_node_report(text).failure().to_string();
  };
  CHECK(says("{}") == "report: node: is missing; expected a string");
  CHECK(says(R"({"node":"n","number":1,"cpu":1.5,"memory":0})") ==
        "report: cpu: is no part of a whole; expected a number from 0 to 1");
  CHECK(
      says(R"({"node":"n","number":1,"cpu":1,"memory":0,"queues":[{"service":"s","waiting":-1}]})")
          .find("report: queues[0].waiting: is out of range") == 0);
  CHECK(says(R"({"node":"n","number":1,"cpu":1,"memory":0,"peers":[{"node":"x","cluster":"a",
                 "roundTripUs":-5}]})")
            .find("report: peers[0]: takes less than no time") == 0);
  CHECK(says(R"({"node":"","number":1,"cpu":1,"memory":0})") ==
        "report: node: is empty; expected a name");
}

TEST_CASE("state_board keeps the latest report and forgets old ones", "[adapters][kubernetes]") {
  kube::state_board board{{.stale = seconds(2)}};
  CHECK(board.fresh("n1", at(0)) == nullptr);
  CHECK(board.take(report("n1", 5), at(1000)));
  CHECK_FALSE(board.take(report("n1", 4), at(1100)));  // overtaken
  CHECK_FALSE(board.take(report("n1", 5), at(1100)));  // sent twice
  REQUIRE(board.fresh("n1", at(3000)) != nullptr);
  CHECK(board.fresh("n1", at(3001)) == nullptr);
  CHECK(board.take(report("n1", 1), at(3500)));  // the agent was started anew
  CHECK(board.fresh("n1", at(3500))->number == 1);

  const auto l = board.measured(at(3600));
  CHECK(*l.lan == milliseconds(2));  // half of the median of 2 and 4 ms, the upper one
  CHECK(*l.cross == milliseconds(20));
  CHECK(*l.wan == milliseconds(90));
  CHECK_FALSE(board.measured(at(9000)).lan);
  CHECK(support::breaks("needs stale > 0", [] { kube::state_board bad{{.stale = {}}}; }));
}

TEST_CASE("state_board puts what was measured over what was asked for", "[adapters][kubernetes]") {
  kube::memory_cluster cluster;
  for (const char* name : {"n1", "n2"}) cluster.add_node(name, {4000, 16'000});
  cluster.add_deployment({"edge", "detect", "detect", {500, 1'000}, 2});
  for (std::size_t k = 0; k < 2; ++k) REQUIRE(cluster.bind(cluster.pods()[k], "n1"));
  cluster.start(0);
  kube::cluster_state state;
  REQUIRE(state.refresh(cluster, {}));
  kube::system_books books{{.services = {"detect"}, .nodes_per_cluster = 2}};
  const std::array<const kube::cluster_state*, 1> edge{&state};
  books.fill(edge, nullptr);
  CHECK(books.table().rows[0].cpu_used == 1000);

  kube::state_board board;
  board.take(report("n1", 1), at(0));
  CHECK(board.apply(books, 0, at(500)) == 1);
  const auto& row = books.table().rows[0];
  CHECK(row.cpu_used == 3000);
  CHECK(row.memory_used == 4000);
  CHECK(row.queue_length == 4);
  CHECK(row.running == 1);
  CHECK(books.table().cells[0].waiting == 4);
  CHECK(books.table().cells[0].busy == 1);
  CHECK(books.table().rows[1].cpu_used == 0);
  CHECK(books.settings().wan == milliseconds(90));
  CHECK(board.apply(books, 0, at(5000)) == 0);  // nothing fresh: nothing changes
  CHECK(books.settings().wan == milliseconds(90));
}
