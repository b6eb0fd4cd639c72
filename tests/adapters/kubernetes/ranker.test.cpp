// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <array>
#include <set>

#include <muster/adapters/kubernetes/ranker.hpp>
#include <muster/kmps/baselines/greedy.hpp>
#include <muster/kmps/baselines/load_aware.hpp>
#include <muster/kmps/baselines/random_choice.hpp>

using namespace muster;
namespace kube = muster::adapters::kubernetes;

namespace {

// Adds a replica where most memory is free, then where second most.
struct two_roomiest {
  std::array<replica_change, 2> plan_{};
  std::span<const replica_change> plan(const frame_view& v, rng&) {
    const auto free = [&](std::size_t t) {
      return v.table->rows[t].memory_total - v.table->rows[t].memory_used;
    };
    std::size_t first = 0, second = v.nodes();
    for (std::size_t t = 1; t < v.nodes(); ++t) {
      if (free(t) > free(first)) first = t;
    }
    for (std::size_t t = 0; t < v.nodes(); ++t) {
      if (t != first && (second == v.nodes() || free(t) > free(second))) second = t;
    }
    plan_ = {{{static_cast<std::uint32_t>(first), service_id{0}, +1},
              {static_cast<std::uint32_t>(second), service_id{0}, +1}}};
    return plan_;
  }
};
static_assert(orchestrator<two_roomiest>);
static_assert(kube::node_ranker<kube::dispatcher_ranker<kmps::greedy>>);
static_assert(kube::node_ranker<kube::orchestrator_ranker<two_roomiest>>);

std::array<kube::node_load, 4> four() {
  std::array<kube::node_load, 4> n;
  for (auto& l : n) l.total = {4000, 16'000};
  n[0].used = {3000, 1'000};
  n[1].used = {1000, 9'000};
  n[2].used = {2000, 1'000};
  n[3].used = {0, 0};
  return n;
}

}  // namespace

TEST_CASE("dispatcher_ranker gives the dispatcher's choice, then the next, ...",
          "[adapters][kubernetes]") {
  const auto loads = four();
  rng random{1};
  kube::dispatcher_ranker<kmps::greedy> greedy;
  const auto order = greedy.rank({500, 500}, loads, 10, random);
  // The larger share in use: 0.75, 0.5625, 0.5, 0
  CHECK(std::vector(order.begin(), order.end()) == std::vector<std::uint32_t>{3, 2, 1, 0});
  const auto best = greedy.rank({500, 500}, loads, 1, random);
  REQUIRE(best.size() == 1);
  CHECK(best[0] == 3);
  kube::dispatcher_ranker<kmps::random_choice> any;
  std::set<std::uint32_t> firsts;
  for (int i = 0; i < 50; ++i) {
    const auto o = any.rank({500, 500}, loads, 10, random);
    CHECK(std::set<std::uint32_t>(o.begin(), o.end()).size() == 4);  // each once
    firsts.insert(o[0]);
  }
  CHECK(firsts.size() == 4);
  CHECK(greedy.rank({}, {}, 10, random).empty());
}

TEST_CASE("orchestrator_ranker gives the nodes of its plan", "[adapters][kubernetes]") {
  rng random{1};
  kube::orchestrator_ranker<two_roomiest> roomy;
  const auto order = roomy.rank({500, 500}, four(), 10, random);
  CHECK(std::vector(order.begin(), order.end()) == std::vector<std::uint32_t>{3, 0});
  CHECK(roomy.rank({500, 500}, four(), 1, random).size() == 1);
}

TEST_CASE("node_load: room beside what is used", "[adapters][kubernetes]") {
  const kube::node_load l{{1000, 1000}, {600, 0}};
  CHECK(l.has_room({400, 1000}));
  CHECK_FALSE(l.has_room({401, 0}));
  CHECK_FALSE(l.has_room({0, 1001}));
}
