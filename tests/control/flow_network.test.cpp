// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"

#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/control/flow_network.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using muster::control::flow_network;

TEST_CASE("flow_network numbers nodes and arcs in order", "[control][flow]") {
  flow_network net{2};
  CHECK(net.add_node(-3) == 2);
  net.set_supply(0, 3);
  CHECK(net.add_arc(0, 1, 5, -7) == 0);
  CHECK(net.add_arc(1, 2, flow_network::unlimited, 2) == 1);
  net.set_cost(1, 9);
  REQUIRE(net.nodes() == 3);
  CHECK(net.supplies()[0] == 3);
  CHECK(net.supplies()[2] == -3);
  REQUIRE(net.arcs().size() == 2);
  CHECK(net.arcs()[0].source == 0);
  CHECK(net.arcs()[0].target == 1);
  CHECK(net.arcs()[0].capacity == 5);
  CHECK(net.arcs()[0].cost == -7);
  CHECK(net.arcs()[1].cost == 9);
}

TEST_CASE("flow_network built again at the same size does not allocate", "[control][flow]") {
  flow_network net;
  const auto build = [&] {
    net.clear(50);
    for (std::uint32_t i = 0; i + 1 < 50; ++i) net.add_arc(i, i + 1, 1, 1);
  };
  build();
  muster::testing::no_alloc_scope scope;
  build();
  const auto n = scope.allocations();
  CHECK(n == 0);
}

TEST_CASE("flow_network refuses arcs between nodes that do not exist", "[control][flow]") {
  flow_network net{2};
  CHECK(support::breaks("add_arc", [&] { net.add_arc(0, 2, 1, 0); }));
  CHECK(support::breaks("add_arc", [&] { net.add_arc(0, 1, -1, 0); }));
  CHECK(support::breaks("set_supply", [&] { net.set_supply(2, 1); }));
  CHECK(support::breaks("set_cost", [&] { net.set_cost(0, 1); }));
}
