// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include <muster/core/distributions.hpp>

// Each distribution of ours over muster::rng beside that of <random> over std::mt19937_64.

namespace {

template <class Generator, class Distribution>
void draw(benchmark::State& state, Distribution d) {
  Generator g{1};
  for (auto _ : state) benchmark::DoNotOptimize(d(g));
  state.SetItemsProcessed(state.iterations());
}
template <class Distribution>
void ours(benchmark::State& state, Distribution d) {
  draw<muster::rng>(state, d);
}
template <class Distribution>
void standard(benchmark::State& state, Distribution d) {
  draw<std::mt19937_64>(state, d);
}

BENCHMARK_CAPTURE(ours, normal, muster::normal{});
BENCHMARK_CAPTURE(standard, normal, std::normal_distribution<double>{});
BENCHMARK_CAPTURE(ours, exponential, muster::exponential{});
BENCHMARK_CAPTURE(standard, exponential, std::exponential_distribution<double>{});
BENCHMARK_CAPTURE(ours, gamma_half, muster::gamma{0.5, 1.0});
BENCHMARK_CAPTURE(standard, gamma_half, std::gamma_distribution<double>{0.5, 1.0});
BENCHMARK_CAPTURE(ours, gamma_3, muster::gamma{3.0, 1.0});
BENCHMARK_CAPTURE(standard, gamma_3, std::gamma_distribution<double>{3.0, 1.0});
BENCHMARK_CAPTURE(ours, poisson_2, muster::poisson{2.0});
BENCHMARK_CAPTURE(standard, poisson_2, std::poisson_distribution<std::int64_t>{2.0});
BENCHMARK_CAPTURE(ours, poisson_50, muster::poisson{50.0});
BENCHMARK_CAPTURE(standard, poisson_50, std::poisson_distribution<std::int64_t>{50.0});
BENCHMARK_CAPTURE(ours, poisson_1e6, muster::poisson{1e6});
BENCHMARK_CAPTURE(standard, poisson_1e6, std::poisson_distribution<std::int64_t>{1e6});
BENCHMARK_CAPTURE(ours, gumbel, muster::gumbel{});
BENCHMARK_CAPTURE(standard, gumbel, std::extreme_value_distribution<double>{});
BENCHMARK_CAPTURE(ours, pareto, muster::pareto{});              // not in <random>
BENCHMARK_CAPTURE(ours, zipf_1e6, muster::zipf{1000000, 1.1});  // not in <random>

std::vector<double> weights(benchmark::State& state) {
  std::vector<double> w(static_cast<std::size_t>(state.range(0)));
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = 1.0 + static_cast<double>(i % 7);
  return w;
}

void categorical_ours(benchmark::State& state) {
  const auto w = weights(state);
  draw<muster::rng>(state, muster::categorical{std::span{w}});
}
void categorical_standard(benchmark::State& state) {
  const auto w = weights(state);
  draw<std::mt19937_64>(state, std::discrete_distribution<std::size_t>(w.begin(), w.end()));
}
void sample_weights_ours(benchmark::State& state) {
  const auto w = weights(state);
  draw<muster::rng>(state, [&](muster::rng& g) { return muster::sample_weights(std::span{w}, g); });
}
BENCHMARK(categorical_ours)->Arg(19)->Arg(1000)->Arg(100000);
BENCHMARK(categorical_standard)->Arg(19)->Arg(1000)->Arg(100000);
BENCHMARK(sample_weights_ours)->Arg(19)->Arg(1000)->Arg(100000);

}  // namespace
