// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <cstddef>
#include <thread>
#include <vector>

#include <muster/core/rng.hpp>
#include <muster/core/thread_pool.hpp>

namespace {

// A loop of two equal pieces of work, as long as the argument says (in random numbers drawn).
// items per second with two threads over one thread is the speed-up.
void two_pieces(benchmark::State& state, std::size_t threads) {
  muster::thread_pool pool{threads};
  const muster::rng root{1};
  const auto length = state.range(0);
  std::vector<double> out(2 * 64);  // a cache line or more apart
  for (auto _ : state) {
    pool.for_each(2, [&](std::size_t i) {
      muster::rng g = root.fork(i);
      double sum = 0.0;
      for (long k = 0; k < length; ++k) sum += muster::uniform01(g);
      out[64 * i] = sum;
    });
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * 2 * length);
}
BENCHMARK_CAPTURE(two_pieces, one_thread, 1)->Range(1 << 10, 1 << 20)->UseRealTime();
BENCHMARK_CAPTURE(two_pieces, two_threads, 2)->Range(1 << 10, 1 << 20)->UseRealTime();

// The baseline: threads started for the loop and joined after it.
void two_pieces_new_threads(benchmark::State& state) {
  const muster::rng root{1};
  const auto length = state.range(0);
  std::vector<double> out(2 * 64);
  const auto piece = [&](std::size_t i) {
    muster::rng g = root.fork(i);
    double sum = 0.0;
    for (long k = 0; k < length; ++k) sum += muster::uniform01(g);
    out[64 * i] = sum;
  };
  for (auto _ : state) {
    std::thread other{[&] { piece(1); }};
    piece(0);
    other.join();
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * 2 * length);
}
BENCHMARK(two_pieces_new_threads)->Range(1 << 10, 1 << 20)->UseRealTime();

}  // namespace
