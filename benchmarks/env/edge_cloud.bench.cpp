// SPDX-License-Identifier: Apache-2.0
// edge_cloud with idle_first: slots per second over the load and over the number of nodes.
// The Python environment of the KMPS authors does 41,000 slots/s at 0.1 requests/s, 27,100 at
// 5.9 and 8,200 at 12.3 (2 clusters of 6 nodes; numpy, one core): the counter `times_python`.
#include <benchmark/benchmark.h>

#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/trace/replay.hpp>
#include <muster/trace/synthetic.hpp>

namespace {

using namespace muster;

void episode(benchmark::State& state, double rate, std::uint32_t clusters, double python) {
  const double seconds_long = rate > 100.0 || clusters > 100 ? 100.0 : 825.0;
  rng g{1};
  const std::vector<std::vector<trace::task>> files{trace::synthetic{}.tasks(g)};
  trace::replay::config r;
  r.rate = rate;
  r.surge = 1.0;
  r.horizon = from_seconds(seconds_long);
  r.access_points = clusters;
  const auto work = trace::replay{r}.arrivals(files);
  env::edge_cloud_config c;
  c.clusters = clusters;
  env::edge_cloud<> e{c};
  e.load(std::span<const trace::arrival>{*work}, r.horizon);
  kmps::idle_first rule;
  dispatch_view view;
  for (auto _ : state) {
    e.reset();
    while (e.next_decision(view)) e.dispatch(rule.choose(view, g));
    benchmark::DoNotOptimize(e.counts().done);
  }
  const double slots = seconds_long / c.slot.seconds() * static_cast<double>(state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(slots));
  state.counters["requests/s"] = benchmark::Counter(
      static_cast<double>(work->size()) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
  if (python > 0.0) {
    state.counters["times_python"] =
        benchmark::Counter(slots / python, benchmark::Counter::kIsRate);
  }
}

void over_rate(benchmark::State& state) {
  const double rate = static_cast<double>(state.range(0)) / 10.0;
  const double python = state.range(0) == 1     ? 41'000.0
                        : state.range(0) == 59  ? 27'100.0
                        : state.range(0) == 123 ? 8'200.0
                                                : 0.0;
  episode(state, rate, python > 0.0 ? 2 : 3, python);
}
BENCHMARK(over_rate)
    ->ArgName("rate_x10")
    ->Arg(1)
    ->Arg(59)
    ->Arg(123)
    ->Arg(1'000)
    ->Arg(3'000)
    ->Arg(6'000)
    ->Unit(benchmark::kMillisecond);

void over_nodes(benchmark::State& state) {
  episode(state, 100.0, static_cast<std::uint32_t>(state.range(0) / 6), 0.0);
}
BENCHMARK(over_nodes)
    ->ArgName("nodes")
    ->Arg(18)
    ->Arg(102)
    ->Arg(1'002)
    ->Arg(10'002)
    ->Unit(benchmark::kMillisecond);

}  // namespace
