// SPDX-License-Identifier: Apache-2.0
// Min-cost flow on scheduling graphs, from the network to the flow; where LEMON is installed its
// NetworkSimplex solves the same networks in the same run, set-up included, and must agree.
#include <benchmark/benchmark.h>

#include <muster/control/min_cost_flow.hpp>
#include <vector>

#include "scheduling_graph.hpp"

#if __has_include(<lemon/network_simplex.h>)
#define MUSTER_BENCH_LEMON 1
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

namespace {

namespace sg = scheduling_graph;
using muster::control::flow_network;
using muster::control::flow_status;
using muster::control::min_cost_flow;

flow_network make(int kind, sg::shape s) {
  const std::int64_t even = s.tasks / s.machines;
  switch (kind) {
    case 0:
      return sg::published(s, even + 1, 1);
    case 1:
      return sg::published(s, even * 8 / 10, 1);
    case 2:
      return sg::dense(s, even + 1, 0, 1);
    case 3:
      return sg::dense(s, even, 1000, 1);
    default:
      return sg::anything(s.tasks, 8, 1);
  }
}
const char* const label[] = {"published", "published, oversubscribed", "dense", "dense, contended",
                             "random graph"};

void ours(benchmark::State& state) {
  const int kind = static_cast<int>(state.range(0));
  const flow_network net = make(kind, {static_cast<std::uint32_t>(state.range(1)),
                                       static_cast<std::uint32_t>(state.range(2))});
  min_cost_flow solver;
  for (auto _ : state) {
    if (solver.solve(net) != flow_status::optimal) state.SkipWithError("not optimal");
    benchmark::DoNotOptimize(solver.cost());
  }
  state.SetLabel(label[kind]);
  state.counters["cost"] = static_cast<double>(solver.cost());
  state.counters["pivots"] = static_cast<double>(solver.pivots());
}

/// One task in a hundred has new costs: from the last solution.
void ours_repriced(benchmark::State& state) {
  const int kind = static_cast<int>(state.range(0));
  const auto tasks = static_cast<std::uint32_t>(state.range(1));
  flow_network net = make(kind, {tasks, static_cast<std::uint32_t>(state.range(2))});
  min_cost_flow solver;
  if (solver.solve(net) != flow_status::optimal) state.SkipWithError("not optimal");
  muster::rng g{5};
  std::vector<std::uint32_t> first(tasks + 1, 0);
  for (const auto& a : net.arcs()) {
    if (a.source < tasks) ++first[a.source + 1];
  }
  for (std::uint32_t t = 0; t < tasks; ++t) first[t + 1] += first[t];
  for (auto _ : state) {
    for (std::uint32_t i = 0; i < tasks / 100; ++i) {
      const auto t = static_cast<std::uint32_t>(sg::below(g, tasks));
      for (std::uint32_t e = first[t]; e < first[t + 1]; ++e) net.set_cost(e, sg::below(g, 1000));
    }
    if (solver.reprice(net) != flow_status::optimal) state.SkipWithError("not optimal");
    benchmark::DoNotOptimize(solver.cost());
  }
  state.SetLabel(label[kind]);
}

#if defined(MUSTER_BENCH_LEMON)
void lemon_network_simplex(benchmark::State& state) {
  const int kind = static_cast<int>(state.range(0));
  const flow_network net = make(kind, {static_cast<std::uint32_t>(state.range(1)),
                                       static_cast<std::uint32_t>(state.range(2))});
  lemon::SmartDigraph g;
  std::vector<lemon::SmartDigraph::Node> node;
  for (std::size_t v = 0; v < net.nodes(); ++v) node.push_back(g.addNode());
  lemon::SmartDigraph::ArcMap<int> cost(g), capacity(g);
  lemon::SmartDigraph::NodeMap<int> supply(g);
  for (const auto& a : net.arcs()) {
    const auto e = g.addArc(node[a.source], node[a.target]);
    cost[e] = a.cost;
    capacity[e] = static_cast<int>(a.capacity);
  }
  for (std::size_t v = 0; v < net.nodes(); ++v) {
    supply[node[v]] = static_cast<int>(net.supplies()[v]);
  }
  double total = 0.0;
  for (auto _ : state) {
    lemon::NetworkSimplex<lemon::SmartDigraph, int, int> solver(g);
    solver.costMap(cost).upperMap(capacity).supplyMap(supply);
    if (solver.run() != lemon::NetworkSimplex<lemon::SmartDigraph, int, int>::OPTIMAL) {
      state.SkipWithError("not optimal");
    }
    total = solver.totalCost<double>();
    benchmark::DoNotOptimize(total);
  }
  state.SetLabel(label[kind]);
  state.counters["cost"] = total;
}
#endif

void sizes(benchmark::internal::Benchmark* b) {
  b->Unit(benchmark::kMillisecond);
  for (int kind = 0; kind < 4; ++kind) {
    b->Args({kind, 200, 20})->Args({kind, 1000, 100})->Args({kind, 5000, 500});
  }
  b->Args({4, 200, 1})->Args({4, 2000, 1})->Args({4, 10000, 1});
}
void repriced_sizes(benchmark::internal::Benchmark* b) {
  b->Unit(benchmark::kMillisecond);
  b->Args({0, 1000, 100})->Args({0, 5000, 500})->Args({1, 1000, 100})->Args({1, 5000, 500});
}

}  // namespace

BENCHMARK(ours)->Apply(sizes);
BENCHMARK(ours_repriced)->Apply(repriced_sizes);
#if defined(MUSTER_BENCH_LEMON)
BENCHMARK(lemon_network_simplex)->Apply(sizes);
#endif
