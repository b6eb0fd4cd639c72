// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/nn/graph.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <array>
#include <vector>

#include "support/catch.hpp"
#include "support/contract.hpp"

using muster::nn::graph;
using muster::nn::topology;
using numbers = std::vector<double>;
using words = std::vector<std::uint32_t>;

namespace {
template <class U>
auto list(muster::num::view<const U> v) {
  return std::vector<U>(v.span().begin(), v.span().end());
}
}  // namespace

TEST_CASE("a uniform topology numbers nodes by access point", "[nn][graph]") {
  const graph<double> g{topology::uniform(4, 2, 2)};
  CHECK((g.nodes() == 8 && g.access_points() == 4 && g.clusters() == 2 && g.edges() == 0));
  const auto v = g.view();
  CHECK(v.complete);
  CHECK((v.nodes() == 8 && v.access_points() == 4 && v.clusters() == 2));
  CHECK(list(v.access_point) == words{0, 0, 1, 1, 2, 2, 3, 3});
  CHECK(list(v.cluster) == words{0, 0, 1, 1});
  CHECK(list(v.degree) == numbers(8, 1.0));
  CHECK(list(v.access_point_sizes) == numbers(4, 2.0));
  CHECK(list(v.cluster_sizes) == numbers(2, 2.0));
}

TEST_CASE("degrees count neighbours, and are at least 1", "[nn][graph]") {
  // Access point 0 has nodes 0, 2, 3, access point 1 has node 1, access point 2 has none.
  topology t;
  t.access_point = {0, 1, 0, 0};
  t.cluster = {0, 0, 0};
  CHECK(list(graph<double>{t}.view().degree) == numbers{2, 1, 2, 2});
  CHECK(list(graph<double>{t}.view().access_point_sizes) == numbers{3, 1, 1});
  t.source = {1, 0};  // node 0 hears 1, node 1 hears 0
  t.target = {0, 1};
  CHECK(list(graph<double>{t}.view().degree) == numbers{3, 1, 2, 2});
  t.complete = false;
  CHECK(list(graph<double>{t}.view().degree) == numbers{1, 1, 1, 1});
}

TEST_CASE("a complete topology written out has an edge for each pair", "[nn][graph]") {
  const topology t = topology::uniform(2, 3).written_out();
  CHECK_FALSE(t.complete);
  CHECK(t.source == words{1, 2, 0, 2, 0, 1, 4, 5, 3, 5, 3, 4});
  CHECK(t.target == words{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5});
  CHECK(list(graph<double>{t}.view().degree) == numbers(6, 2.0));
}

TEST_CASE("parts of a batch are shifted by what lies before them", "[nn][graph]") {
  const std::array<std::uint32_t, 2> source{0, 1}, target{1, 0}, access_point{0, 1};
  const std::array<std::uint32_t, 2> cluster{0, 0};
  const topology pair = topology::edges(source, target, access_point, cluster);
  graph<double> g;
  g.assign(pair, 2);
  topology three = topology::uniform(1, 3).written_out();
  g.append(three);
  const auto v = g.view();
  CHECK(list(v.source) == words{0, 1, 2, 3, 5, 6, 4, 6, 4, 5});
  CHECK(list(v.target) == words{1, 0, 3, 2, 4, 4, 5, 5, 6, 6});
  CHECK(list(v.access_point) == words{0, 1, 2, 3, 4, 4, 4});
  CHECK(list(v.cluster) == words{0, 0, 1, 1, 2});
  CHECK(list(v.cluster_sizes) == numbers{2, 2, 1});
  CHECK(list(v.degree) == numbers{1, 1, 1, 1, 2, 2, 2});
}

TEST_CASE("a graph is refilled without allocation", "[nn][graph]") {
  const topology paper = topology::uniform(3, 6);
  const topology small = topology::uniform(1, 4);
  graph<> g;
  g.assign(paper, 32);
  const muster::testing::no_alloc_scope scope;
  g.assign(small, 10);
  g.append(small);
  g.assign(paper, 32);
  const auto count = scope.allocations();
  CHECK(count == 0);
  CHECK((g.nodes() == 576 && g.clusters() == 32));
}

TEST_CASE("a topology that contradicts itself is refused", "[nn][graph]") {
  CHECK(support::breaks("equal blocks", [] { (void)topology::uniform(3, 6, 2); }));
  topology t = topology::uniform(2, 2);
  t.access_point.push_back(2);
  CHECK(support::breaks("without a cluster", [&] { (void)graph<>{t}; }));
  t = topology::uniform(2, 2);
  t.source = {0};
  CHECK(support::breaks("equal lengths", [&] { (void)graph<>{t}; }));
  t.target = {4};
  CHECK(support::breaks("an edge to a node", [&] { (void)graph<>{t}; }));
  graph<> g{topology::uniform(2, 2)};
  CHECK(support::breaks("written_out", [&] { g.append(topology::uniform(2, 2).written_out()); }));
}
