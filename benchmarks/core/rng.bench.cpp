// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>

#include <muster/core/rng.hpp>

// Our counter-based generator beside the standard library's usual one. What philox is bought
// for is fork(): the twister has no streams, so it is seeded anew.

namespace {

template <class Generator>
void bits(benchmark::State& state) {
  Generator g{1};
  const auto n = state.range(0);
  for (auto _ : state) {
    std::uint64_t sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += g();
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * n);
}
BENCHMARK_TEMPLATE(bits, muster::rng)->Range(64, 65536);
BENCHMARK_TEMPLATE(bits, std::mt19937_64)->Range(64, 65536);

void uniform01_ours(benchmark::State& state) {
  muster::rng g{1};
  for (auto _ : state) benchmark::DoNotOptimize(muster::uniform01(g));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(uniform01_ours);

void uniform01_standard(benchmark::State& state) {
  std::mt19937_64 g{1};
  std::uniform_real_distribution<double> d;
  for (auto _ : state) benchmark::DoNotOptimize(d(g));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(uniform01_standard);

void below_ours(benchmark::State& state) {
  muster::rng g{1};
  for (auto _ : state) benchmark::DoNotOptimize(muster::uniform_below(g, 1000));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(below_ours);

void below_standard(benchmark::State& state) {
  std::mt19937_64 g{1};
  std::uniform_int_distribution<std::uint64_t> d{0, 999};
  for (auto _ : state) benchmark::DoNotOptimize(d(g));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(below_standard);

void new_stream_ours(benchmark::State& state) {
  const muster::rng root{1};
  std::uint64_t id = 0;
  for (auto _ : state) {
    muster::rng g = root.fork(id++);
    benchmark::DoNotOptimize(g());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(new_stream_ours);

void new_stream_standard(benchmark::State& state) {
  std::uint64_t id = 0;
  for (auto _ : state) {
    std::mt19937_64 g{id++};
    benchmark::DoNotOptimize(g());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(new_stream_standard);

}  // namespace
