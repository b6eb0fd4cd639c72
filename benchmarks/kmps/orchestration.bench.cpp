// SPDX-License-Identifier: Apache-2.0
// One frame of orchestration, from the view to the plan, for 18, 100 and 1,000 nodes: GPO beside
// the same without a graph, with one actor, and the greedy rule; and one update.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include <muster/kmps/orchestration/greedy_scaler.hpp>
#include <muster/kmps/orchestration/orchestrators.hpp>

namespace {

using namespace muster;

// Clusters of up to 50 nodes with random queues and replicas of 12 services.
struct busy_system {
  std::uint32_t clusters, each;
  std::vector<target_table::row> rows;
  std::vector<target_table::cell> cells;
  target_table table;
  std::vector<std::uint32_t> at_access, starting;
  std::vector<service_flow> services;
  std::vector<target_flow> flows;
  frame_view view;

  explicit busy_system(std::uint32_t nodes)
      : clusters{nodes == 18 ? 3U : nodes / 50}, each{nodes / clusters} {
    rng g{1};
    rows.resize(nodes + 1);
    cells.resize(rows.size() * 12);
    for (std::size_t t = 0; t < rows.size(); ++t) {
      rows[t].cpu_total = 4000, rows[t].memory_total = 16000;
      rows[t].cpu_used = static_cast<std::int64_t>(uniform_below(g, 4000));
      for (std::size_t w = 0; w < 12; ++w) {
        auto& c = cells[t * 12 + w];
        c.replicas = static_cast<std::uint32_t>(uniform_below(g, 2));
        c.waiting = static_cast<std::uint32_t>(uniform_below(g, 20));
        rows[t].memory_used += 1000 * std::int64_t{c.replicas};
      }
    }
    at_access.assign(clusters * std::size_t{12}, 30);
    starting.resize(cells.size());
    services.assign(12, {100, 80, 20});
    flows.resize(rows.size());
    table = {rows, cells, 12};
    view.frame = seconds(25);
    view.clusters = clusters;
    view.nodes_per_cluster = each;
    view.lan = milliseconds(5), view.cross = milliseconds(25), view.wan = milliseconds(100);
    view.replica_memory = 1.0;
    view.table = &table;
    view.at_access = at_access;
    view.starting = starting;
    view.services = services;
    view.flows = flows;
  }
  busy_system(const busy_system&) = delete;
  busy_system& operator=(const busy_system&) = delete;
};

template <class Orchestrator>
void frame(benchmark::State& state) {
  busy_system s{static_cast<std::uint32_t>(state.range(0))};
  Orchestrator o;
  rng g{1};
  for (auto _ : state) {
    ++s.view.number;
    benchmark::DoNotOptimize(o.plan(s.view, g).data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
#define FRAME(type) \
  BENCHMARK(frame<type>)->Arg(18)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond)
FRAME(kmps::gpo);
FRAME(kmps::gpo_without_graph);
FRAME(kmps::gpo_joint);
FRAME(kmps::greedy_scaler);

/// Three epochs over 32 frames.
template <class Orchestrator>
void update(benchmark::State& state) {
  busy_system s{static_cast<std::uint32_t>(state.range(0))};
  Orchestrator o;
  rng g{1};
  for (auto _ : state) {
    state.PauseTiming();
    o.prepare(1);
    for (int f = 0; f < 32; ++f) {
      ++s.view.number;
      benchmark::DoNotOptimize(o.explore(0, s.view, g).data());
    }
    o.finish(0, s.view);
    state.ResumeTiming();
    benchmark::DoNotOptimize(o.update(g).steps);
  }
  state.SetItemsProcessed(state.iterations() * 32 * 3);
}
BENCHMARK(update<kmps::gpo>)->Arg(18)->Arg(100)->Unit(benchmark::kMillisecond);
BENCHMARK(update<kmps::gpo_without_graph>)->Arg(18)->Arg(100)->Unit(benchmark::kMillisecond);

}  // namespace
