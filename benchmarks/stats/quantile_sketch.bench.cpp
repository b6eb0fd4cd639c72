// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/core/distributions.hpp>
#include <muster/stats/quantile.hpp>
#include <muster/stats/quantile_sketch.hpp>

// The sketch beside what it replaces: keeping every value and selecting, and a sketch whose
// bucket is found by a logarithm.

namespace {

std::vector<double> latencies(std::int64_t n) {
  muster::rng g{1};
  std::vector<double> x(static_cast<std::size_t>(n));
  for (double& v : x) v = std::exp(muster::normal{3.0, 1.0}(g));
  return x;
}

void add(benchmark::State& state) {
  const auto x = latencies(state.range(0));
  muster::stats::quantile_sketch sketch;
  for (auto _ : state) {
    for (const double v : x) sketch.add(v);
    benchmark::DoNotOptimize(sketch);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(add)->Arg(100)->Arg(10000)->Arg(1000000);

void add_by_logarithm(benchmark::State& state) {
  const auto x = latencies(state.range(0));
  std::vector<std::uint64_t> buckets(8192);
  const double scale = 1.0 / std::log(1.0078125);
  for (auto _ : state) {
    for (const double v : x) ++buckets[static_cast<std::size_t>(4096.0 + std::log(v) * scale)];
    benchmark::DoNotOptimize(buckets.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(add_by_logarithm)->Arg(100)->Arg(10000)->Arg(1000000);

void add_and_ask_p99(benchmark::State& state) {
  const auto x = latencies(state.range(0));
  muster::stats::quantile_sketch sketch;
  for (auto _ : state) {
    sketch.clear();
    for (const double v : x) sketch.add(v);
    benchmark::DoNotOptimize(sketch.quantile(0.99));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(add_and_ask_p99)->Arg(100)->Arg(10000)->Arg(1000000);

void keep_and_select_p99(benchmark::State& state) {
  const auto x = latencies(state.range(0));
  std::vector<double> kept;
  kept.reserve(x.size());
  for (auto _ : state) {
    kept.clear();
    for (const double v : x) kept.push_back(v);
    benchmark::DoNotOptimize(muster::stats::quantile_in_place(kept, 0.99));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(keep_and_select_p99)->Arg(100)->Arg(10000)->Arg(1000000);

void merge(benchmark::State& state) {
  muster::stats::quantile_sketch a, b;
  for (const double v : latencies(10000)) b.add(v);
  for (auto _ : state) {
    a.merge(b);
    benchmark::DoNotOptimize(a);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(merge);

}  // namespace
