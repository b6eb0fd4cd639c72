// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"

#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/control/min_cost_flow.hpp>
#include <muster/core/rng.hpp>
#include <muster/testing/no_alloc_scope.hpp>
#include <vector>

#if __has_include(<lemon/network_simplex.h>)
#define MUSTER_TEST_LEMON 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>
#pragma GCC diagnostic pop
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // its new arcs, copied before they are set
#endif
#endif

using muster::rng;
using muster::uniform_below;
using muster::control::flow_network;
using muster::control::flow_status;
using muster::control::min_cost_flow;

namespace {

std::int64_t below(rng& g, std::uint64_t n) {
  return static_cast<std::int64_t>(uniform_below(g, n));
}

/// Adds an arc between any nodes, with at most `capacity` and a cost below `cost`. Draws in braces
/// happen in order with every compiler.
void add_any(flow_network& net, rng& g, std::int64_t least, std::uint64_t capacity,
             std::uint64_t cost) {
  const auto n = net.nodes();
  const std::int64_t d[]{below(g, n), below(g, n), below(g, capacity), below(g, cost)};
  net.add_arc(static_cast<std::uint32_t>(d[0]), static_cast<std::uint32_t>(d[1]), least + d[2],
              static_cast<std::int32_t>(d[3]));
}

/// All kinds of small networks: sparse and dense, with and without a way through, with negative
/// costs, loops, parallel arcs, arcs of capacity 0 and without limit, arcs in any order.
flow_network any_network(rng& g) {
  const auto n = static_cast<std::uint32_t>(2 + below(g, 24));
  flow_network net{n};
  const std::int64_t arcs = 1 + below(g, 5 * n);
  const bool negative = below(g, 3) == 0;
  for (std::int64_t e = 0; e < arcs; ++e) {
    const auto from = static_cast<std::uint32_t>(below(g, n));
    const auto to = static_cast<std::uint32_t>(below(g, n));
    const std::int64_t cost = below(g, 60) - (negative ? 20 : 0);
    const bool endless = cost >= 0 && below(g, 6) == 0;
    const std::int64_t capacity = endless ? flow_network::unlimited : below(g, 12);
    net.add_arc(from, to, capacity, static_cast<std::int32_t>(cost));
  }
  for (std::int64_t i = below(g, 6); i >= 0; --i) {
    const auto from = static_cast<std::uint32_t>(below(g, n));
    const auto to = static_cast<std::uint32_t>(below(g, n));
    const std::int64_t b = 1 + below(g, 5);
    net.set_supply(from, net.supplies()[from] + b);
    net.set_supply(to, net.supplies()[to] - b);
  }
  return net;
}

/// Empty if the answer is a flow that satisfies all supplies and proves its own optimality.
const char* certificate(const flow_network& net, const min_cost_flow& s) {
  std::vector<std::int64_t> left(net.supplies().begin(), net.supplies().end());
  std::int64_t cost = 0;
  for (std::uint32_t e = 0; e < net.arcs().size(); ++e) {
    const auto& a = net.arcs()[e];
    const std::int64_t f = s.flow(e);
    if (f < 0 || f > a.capacity) return "a flow outside its capacity";
    left[a.source] -= f;
    left[a.target] += f;
    cost += f * a.cost;
    const std::int64_t reduced = a.cost + s.potential(a.source) - s.potential(a.target);
    if (f < a.capacity && reduced < 0) return "an arc that should carry more";
    if (f > 0 && reduced > 0) return "an arc that should carry less";
  }
  for (const std::int64_t b : left) {
    if (b != 0) return "a node that loses or makes flow";
  }
  return cost == s.cost() ? "" : "a wrong cost";
}

/// The least cost over all flows, by trying them; -1 if there is none. Costs are >= 0.
std::int64_t try_all(const flow_network& net, std::vector<std::int64_t>& left, std::uint32_t arc) {
  if (arc == net.arcs().size()) {
    for (const std::int64_t b : left) {
      if (b != 0) return -1;
    }
    return 0;
  }
  const auto& a = net.arcs()[arc];
  std::int64_t best = -1;
  for (std::int64_t f = 0; f <= a.capacity; ++f) {
    left[a.source] -= f;
    left[a.target] += f;
    const std::int64_t rest = try_all(net, left, arc + 1);
    left[a.source] += f;
    left[a.target] -= f;
    if (rest >= 0 && (best < 0 || rest + f * a.cost < best)) best = rest + f * a.cost;
  }
  return best;
}

/// The largest flow from s to t by the plainest augmenting paths.
std::int64_t largest_flow(const flow_network& net, std::uint32_t s, std::uint32_t t) {
  std::vector<std::int64_t> f(net.arcs().size(), 0);
  for (std::int64_t total = 0;; ++total) {
    std::vector<std::int64_t> through(net.nodes(), -1);  // arc x 2 + 1 if backwards
    std::vector<std::uint32_t> todo{s};
    through[s] = -2;
    while (!todo.empty() && through[t] == -1) {
      const std::uint32_t v = todo.back();
      todo.pop_back();
      for (std::size_t e = 0; e < f.size(); ++e) {
        const auto& a = net.arcs()[e];
        const auto number = static_cast<std::int64_t>(e);
        if (a.source == v && f[e] < a.capacity && through[a.target] == -1) {
          through[a.target] = number * 2;
          todo.push_back(a.target);
        } else if (a.target == v && f[e] > 0 && through[a.source] == -1) {
          through[a.source] = number * 2 + 1;
          todo.push_back(a.source);
        }
      }
    }
    if (through[t] == -1) return total;
    for (std::uint32_t v = t; v != s;) {
      const auto e = static_cast<std::size_t>(through[v] / 2);
      const bool back = through[v] % 2 != 0;
      f[e] += back ? -1 : 1;
      v = back ? net.arcs()[e].target : net.arcs()[e].source;
    }
  }
}

}  // namespace

TEST_CASE("min_cost_flow: a network worked out by hand", "[control][flow]") {
  // 0 sends 4, 3 takes them. Over 1: cost 2 + 1 for 3 units; over 2: 3 + 3; straight: 9.
  flow_network net{4};
  net.set_supply(0, 4);
  net.set_supply(3, -4);
  const auto a = net.add_arc(0, 1, 3, 2), b = net.add_arc(1, 3, 2, 1);
  const auto c = net.add_arc(0, 2, 5, 3), d = net.add_arc(2, 3, 5, 3);
  const auto e = net.add_arc(0, 3, 5, 9), f = net.add_arc(1, 2, 1, 0);
  min_cost_flow solver;
  REQUIRE(solver.solve(net) == flow_status::optimal);
  CHECK(solver.cost() == 2 * 3 + 1 * (2 + 0 + 3) + 1 * 6);  // 0-1-3 twice, 0-1-2-3, 0-2-3
  CHECK(solver.flow(a) == 3);
  CHECK(solver.flow(b) == 2);
  CHECK(solver.flow(c) == 1);
  CHECK(solver.flow(d) == 2);
  CHECK(solver.flow(e) == 0);
  CHECK(solver.flow(f) == 1);
  CHECK(solver.unrouted() == 0);
  CHECK(certificate(net, solver) == std::string{});
}

TEST_CASE("min_cost_flow proves its answers on random networks", "[control][flow]") {
  rng g{1};
  min_cost_flow solver;
  std::size_t optimal = 0, infeasible = 0;
  for (int round = 0; round < 4000; ++round) {
    const flow_network net = any_network(g);
    const flow_status status = solver.solve(net);
    CAPTURE(round);
    if (status == flow_status::optimal) {
      ++optimal;
      CHECK(certificate(net, solver) == std::string{});
    } else {
      REQUIRE(status == flow_status::infeasible);
      CHECK(solver.unrouted() > 0);
      ++infeasible;
    }
  }
  CHECK(optimal > 1000);
  CHECK(infeasible > 500);
}

TEST_CASE("min_cost_flow agrees with trying all flows", "[control][flow]") {
  rng g{2};
  min_cost_flow solver;
  std::size_t optimal = 0;
  for (int round = 0; round < 400; ++round) {
    const auto n = static_cast<std::uint32_t>(2 + below(g, 4));
    flow_network net{n};
    for (std::int64_t e = 3 + below(g, 5); e > 0; --e) {
      add_any(net, g, 0, 4, 10);
    }
    const std::int64_t b = 1 + below(g, 3);
    net.set_supply(0, b);
    net.set_supply(n - 1, -b);
    std::vector<std::int64_t> left(net.supplies().begin(), net.supplies().end());
    const std::int64_t best = try_all(net, left, 0);
    CAPTURE(round);
    if (best < 0) {
      CHECK(solver.solve(net) == flow_status::infeasible);
    } else {
      CHECK(solver.solve(net) == flow_status::optimal);
      CHECK(solver.cost() == best);
      ++optimal;
    }
  }
  CHECK(optimal > 50);
}

TEST_CASE("min_cost_flow is the cheapest of the largest flows from s to t", "[control][flow]") {
  rng g{3};
  min_cost_flow solver;
  for (int round = 0; round < 500; ++round) {
    const auto n = static_cast<std::uint32_t>(4 + below(g, 12));
    flow_network net{n};
    for (std::int64_t e = 4 * n; e > 0; --e) {
      add_any(net, g, 0, 5, 40);
    }
    const std::int64_t most = largest_flow(net, 0, n - 1);
    net.set_supply(0, 1000);
    net.set_supply(n - 1, -1000);
    CAPTURE(round);
    REQUIRE(solver.solve(net) == flow_status::infeasible);
    CHECK(solver.unrouted() == 1000 - most);
    const std::int64_t cost = solver.cost();
    std::int64_t arrives = 0;
    for (std::uint32_t e = 0; e < net.arcs().size(); ++e) {
      if (net.arcs()[e].target == n - 1) arrives += solver.flow(e);
      if (net.arcs()[e].source == n - 1) arrives -= solver.flow(e);
    }
    CHECK(arrives == most);
    net.set_supply(0, most);
    net.set_supply(n - 1, -most);
    REQUIRE(solver.solve(net) == flow_status::optimal);
    CHECK(solver.cost() == cost);
  }
}

TEST_CASE("min_cost_flow says what is wrong with a network", "[control][flow]") {
  min_cost_flow solver;
  flow_network net{3};
  CHECK(solver.solve(net) == flow_status::optimal);  // nothing to do
  CHECK(solver.cost() == 0);
  CHECK(solver.solve(flow_network{}) == flow_status::optimal);
  net.set_supply(0, 2);
  CHECK(solver.solve(net) == flow_status::unbalanced);
  net.set_supply(1, -2);
  CHECK(solver.solve(net) == flow_status::infeasible);
  CHECK(solver.unrouted() == 2);
  net.add_arc(0, 1, 1, 5);
  CHECK(solver.solve(net) == flow_status::infeasible);
  CHECK(solver.unrouted() == 1);
  CHECK(solver.cost() == 5);
  const auto out = net.add_arc(0, 2, flow_network::unlimited, 1);
  net.add_arc(2, 1, 7, 1);
  CHECK(solver.solve(net) == flow_status::optimal);
  CHECK(solver.cost() == 4);
  const auto back = net.add_arc(2, 0, flow_network::unlimited, -2);
  CHECK(solver.solve(net) == flow_status::unbounded);
  net.set_cost(back, -1);  // a cycle of cost 0 is fine
  CHECK(solver.solve(net) == flow_status::optimal);
  CHECK(solver.cost() == 4);
  net.set_cost(out, -2000000000);
  net.set_cost(back, 2000000000);
  CHECK(solver.solve(net) == flow_status::optimal);
  net.add_arc(2, 2, flow_network::unlimited, -1);
  CHECK(solver.solve(net) == flow_status::unbounded);
}

TEST_CASE("min_cost_flow finds overflow before it happens", "[control][flow]") {
  min_cost_flow solver;
  const std::int64_t huge = std::int64_t{1} << 57;
  flow_network net{2};
  net.set_supply(0, huge);
  net.set_supply(1, -huge);
  net.add_arc(0, 1, flow_network::unlimited, 2000000000);
  CHECK(solver.solve(net) == flow_status::overflow);  // the cost
  net.set_cost(0, 4);
  CHECK(solver.solve(net) == flow_status::optimal);
  CHECK(solver.cost() == 4 * huge);
  net.add_arc(0, 1, huge, 3);
  CHECK(solver.solve(net) == flow_status::optimal);
  net.add_arc(0, 1, huge, 3);
  CHECK(solver.solve(net) == flow_status::overflow);  // capacities
  flow_network supplies{3};
  supplies.set_supply(0, 2 * huge);
  supplies.set_supply(1, 2 * huge);
  supplies.set_supply(2, -4 * huge);
  CHECK(solver.solve(supplies) == flow_status::overflow);
}

TEST_CASE("min_cost_flow: unlimited negative costs that no cycle closes", "[control][flow]") {
  flow_network net{3};
  net.set_supply(0, 5);
  net.set_supply(2, -5);
  net.add_arc(0, 1, flow_network::unlimited, -3);
  net.add_arc(1, 2, flow_network::unlimited, -4);
  net.add_arc(1, 0, 2, 1);  // a cycle of cost -2, twice
  min_cost_flow solver;
  REQUIRE(solver.solve(net) == flow_status::optimal);
  CHECK(solver.cost() == -35 - 4);
  CHECK(certificate(net, solver) == std::string{});
}

TEST_CASE("min_cost_flow: repriced is as good as solved", "[control][flow]") {
  rng g{4};
  min_cost_flow warm, cold;
  std::size_t compared = 0;
  for (int round = 0; round < 300; ++round) {
    flow_network net = any_network(g);
    if (warm.solve(net) != flow_status::optimal) continue;
    for (int again = 0; again < 3; ++again) {
      for (std::uint32_t e = 0; e < net.arcs().size(); ++e) {
        if (below(g, 4) == 0) net.set_cost(e, static_cast<std::int32_t>(below(g, 60)));
      }
      CAPTURE(round, again);
      REQUIRE(cold.solve(net) == flow_status::optimal);
      REQUIRE(warm.reprice(net) == flow_status::optimal);
      CHECK(warm.cost() == cold.cost());
      CHECK(certificate(net, warm) == std::string{});
      ++compared;
    }
  }
  CHECK(compared > 200);
}

TEST_CASE("min_cost_flow: arcs in another order, the same cost; the same call, the same flow",
          "[control][flow]") {
  rng g{5};
  min_cost_flow one, two;
  for (int round = 0; round < 200; ++round) {
    const flow_network net = any_network(g);
    flow_network turned{net.nodes()};
    for (std::uint32_t v = 0; v < net.nodes(); ++v) turned.set_supply(v, net.supplies()[v]);
    for (std::size_t e = net.arcs().size(); e-- > 0;) {
      const auto& a = net.arcs()[e];
      turned.add_arc(a.source, a.target, a.capacity, a.cost);
    }
    const flow_status status = one.solve(net);
    CAPTURE(round);
    REQUIRE(two.solve(turned) == status);
    CHECK(one.unrouted() == two.unrouted());
    if (status == flow_status::optimal) CHECK(one.cost() == two.cost());
    REQUIRE(two.solve(net) == status);
    for (std::uint32_t e = 0; e < net.arcs().size(); ++e) CHECK(one.flow(e) == two.flow(e));
  }
}

TEST_CASE("min_cost_flow does not allocate once warm", "[control][flow]") {
  rng g{6};
  flow_network net{60};
  for (int e = 0; e < 400; ++e) {
    add_any(net, g, 1, 50, 99);
  }
  net.set_supply(0, 20);
  net.set_supply(59, -20);
  min_cost_flow solver;
  REQUIRE(solver.solve(net) == flow_status::optimal);
  muster::testing::no_alloc_scope scope;
  const flow_status again = solver.solve(net);
  const flow_status repriced = solver.reprice(net);
  const auto n = scope.allocations();
  CHECK(n == 0);
  CHECK(again == flow_status::optimal);
  CHECK(repriced == flow_status::optimal);
  CHECK(solver.pivots() == 0);
}

TEST_CASE("min_cost_flow::reprice wants the network that was solved", "[control][flow]") {
  min_cost_flow solver;
  flow_network net{2};
  CHECK(support::breaks("reprice", [&] { (void)solver.reprice(net); }));
  REQUIRE(solver.solve(net) == flow_status::optimal);
  net.add_arc(0, 1, 1, 1);
  CHECK(support::breaks("reprice", [&] { (void)solver.reprice(net); }));
}

TEST_CASE("min_cost_flow agrees with LEMON", "[control][flow]") {
#if defined(MUSTER_TEST_LEMON)
  using peer = lemon::NetworkSimplex<lemon::SmartDigraph, std::int64_t, std::int64_t>;
  rng g{7};
  min_cost_flow solver;
  std::size_t optimal = 0;
  for (int round = 0; round < 1000; ++round) {
    const flow_network net = any_network(g);
    lemon::SmartDigraph d;
    std::vector<lemon::SmartDigraph::Node> node;
    for (std::size_t v = 0; v < net.nodes(); ++v) node.push_back(d.addNode());
    lemon::SmartDigraph::ArcMap<std::int64_t> cost(d), capacity(d);
    lemon::SmartDigraph::NodeMap<std::int64_t> supply(d);
    for (const auto& a : net.arcs()) {
      const auto e = d.addArc(node[a.source], node[a.target]);
      cost[e] = a.cost;
      capacity[e] = a.capacity;
    }
    for (std::size_t v = 0; v < net.nodes(); ++v) supply[node[v]] = net.supplies()[v];
    peer theirs(d);
    theirs.costMap(cost).upperMap(capacity).supplyMap(supply);
    const auto answer = theirs.run();
    const flow_status status = solver.solve(net);
    CAPTURE(round);
    CHECK((answer == peer::OPTIMAL) == (status == flow_status::optimal));
    CHECK((answer == peer::INFEASIBLE) == (status == flow_status::infeasible));
    if (status != flow_status::optimal) continue;
    ++optimal;
    CHECK(solver.cost() == theirs.totalCost<std::int64_t>());
  }
  CHECK(optimal > 300);
#else
  WARN("skipped: no LEMON headers (Debian package liblemon-dev); its comparison is left out");
#endif
}
