// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <muster/core/distributions.hpp>
#include <muster/core/rng.hpp>
#include <muster/core/thread_pool.hpp>
#include <muster/federated/aggregators/bulyan.hpp>
#include <muster/federated/aggregators/clustered.hpp>
#include <muster/federated/aggregators/coordinate_median.hpp>
#include <muster/federated/aggregators/fed_adam.hpp>
#include <muster/federated/aggregators/geometric_median.hpp>
#include <muster/federated/aggregators/krum.hpp>
#include <muster/federated/aggregators/norm_clipping.hpp>
#include <muster/federated/aggregators/server_momentum.hpp>
#include <muster/federated/aggregators/trimmed_mean.hpp>
#include <muster/federated/aggregators/weighted_mean.hpp>

// A round of aggregation, beside what any of them needs at least (reading the numbers once), and
// beside the loops that a reader would write: add one client after the other in double precision,
// select the median of each number with the standard library, subtract and square pair by pair.
// Arguments: clients, parameters. Rounds of more than 4 GB are left out.

namespace {

using namespace muster;

/// The models of a round: near to the global one, as training leaves them.
struct models {
  std::size_t clients = 0, numbers = 0, bytes = 0;
  std::vector<std::vector<float>> values;
  std::vector<std::vector<model_update>> rounds;
  std::vector<float> global;
};

/// One set at a time: memory is what limits these measurements. As many rounds as `bytes` take, at
/// least one; those that go through them in turn find nothing in a cache that is much smaller.
const models& rounds_of(const benchmark::State& state, std::size_t bytes) {
  static models m;
  const auto k = static_cast<std::size_t>(state.range(0));
  const auto n = static_cast<std::size_t>(state.range(1));
  if (m.clients == k && m.numbers == n && m.bytes == bytes) return m;
  m = {};
  m.clients = k, m.numbers = n, m.bytes = bytes;
  m.global.resize(n);
  rng g{3};
  for (float& x : m.global) x = static_cast<float>(0.1 * normal{0.0, 1.0}(g));
  std::uint32_t s = 12345;
  const std::size_t rounds = (std::max)(std::size_t{1}, (bytes + 4 * k * n - 1) / (4 * k * n));
  m.values.reserve(rounds * k);
  for (std::size_t r = 0; r < rounds; ++r) {
    m.rounds.emplace_back();
    for (std::size_t i = 0; i < k; ++i) {
      std::vector<float> x(n);
      for (std::size_t j = 0; j < n; ++j) {  // a sum of four draws is nearly normal, and quick
        std::int32_t sum = 0;
        for (int d = 0; d < 4; ++d) {
          s = s * 1664525U + 1013904223U;
          sum += static_cast<int>(s >> 16);
        }
        x[j] = m.global[j] + 1e-6F * static_cast<float>(sum - 2 * 65535);
      }
      m.values.push_back(std::move(x));
      m.rounds[r].push_back({.client = static_cast<client_id>(i),
                             .weight = 1.0 + static_cast<double>(i % 7),
                             .values = m.values.back()});
    }
  }
  return m;
}
const models& round_of(const benchmark::State& state) { return rounds_of(state, 0); }
/// Beyond any cache that one thread has.
constexpr std::size_t from_memory = std::size_t{256} << 20;

void count(benchmark::State& state) {
  const auto numbers = state.range(0) * state.range(1);
  state.SetItemsProcessed(state.iterations() * numbers);
  state.SetBytesProcessed(state.iterations() * numbers * 4);
}

template <class A>
void aggregate(benchmark::State& state, A a, std::size_t threads = 1, std::size_t bytes = 0) {
  const models& m = rounds_of(state, bytes);
  thread_pool pool{threads};
  std::vector<float> next(m.numbers);
  std::size_t round = 0;
  for (auto _ : state) {
    const auto& updates = m.rounds[round++ % m.rounds.size()];
    const auto done = a.aggregate({updates, m.global, threads > 1 ? &pool : nullptr}, next);
    if (!done) state.SkipWithError(done.failure().to_string().c_str());
    benchmark::DoNotOptimize(next.data());
  }
  count(state);
}

// ---- baselines ----------------------------------------------------------------------------------

using wide = float __attribute__((vector_size(64), aligned(4)));
// With the widest registers of the machine, so that memory alone is the limit.
#if defined(__x86_64__)
#define MUSTER_BENCH_CLONES [[gnu::target_clones("avx512f", "avx2", "default")]]
#else
#define MUSTER_BENCH_CLONES
#endif
MUSTER_BENCH_CLONES float sum_of(const float* x, std::size_t n) {
  wide a{}, b{}, c{}, d{};  // four, so that no addition waits for the last one
  for (std::size_t i = 0; i + 64 <= n; i += 64) {
    const auto* w = reinterpret_cast<const wide*>(x + i);
    a += w[0], b += w[1], c += w[2], d += w[3];
  }
  a += b + c + d;
  return a[0] + a[5] + a[10] + a[15];
}
/// The floor: every byte looked at once.
void read(benchmark::State& state, const models& m) {
  std::size_t round = 0;
  for (auto _ : state) {
    float sum = 0.0F;
    for (const model_update& u : m.rounds[round++ % m.rounds.size()]) {
      sum += sum_of(u.values.data(), u.values.size());
    }
    benchmark::DoNotOptimize(sum);
  }
  count(state);
}
void read_all(benchmark::State& state) { read(state, round_of(state)); }
void read_all_from_memory(benchmark::State& state) { read(state, rounds_of(state, from_memory)); }

void mean_one_client_after_the_other(benchmark::State& state) {
  const models& m = round_of(state);
  std::vector<double> sum(m.numbers);
  std::vector<float> next(m.numbers);
  for (auto _ : state) {
    std::fill(sum.begin(), sum.end(), 0.0);
    double total = 0.0;
    for (const model_update& u : m.rounds[0]) {
      total += u.weight;
      for (std::size_t j = 0; j < m.numbers; ++j) {
        sum[j] += u.weight * static_cast<double>(u.values[j]);
      }
    }
    for (std::size_t j = 0; j < m.numbers; ++j) next[j] = static_cast<float>(sum[j] / total);
    benchmark::DoNotOptimize(next.data());
  }
  count(state);
}

void median_by_nth_element(benchmark::State& state) {
  const models& m = round_of(state);
  std::vector<float> column(m.clients), next(m.numbers);
  const auto middle = static_cast<std::ptrdiff_t>(m.clients / 2);
  for (auto _ : state) {
    for (std::size_t j = 0; j < m.numbers; ++j) {
      for (std::size_t k = 0; k < m.clients; ++k) column[k] = m.values[k][j];
      std::nth_element(column.begin(), column.begin() + middle, column.end());
      next[j] = column[static_cast<std::size_t>(middle)];
      if (m.clients % 2 == 0) {
        next[j] = 0.5F * (next[j] + *std::max_element(column.begin(), column.begin() + middle));
      }
    }
    benchmark::DoNotOptimize(next.data());
  }
  count(state);
}

void pair_by_pair(benchmark::State& state) {
  const models& m = round_of(state);
  std::vector<float> squares(m.clients * m.clients);
  for (auto _ : state) {
    for (std::size_t a = 0; a < m.clients; ++a) {
      for (std::size_t b = a + 1; b < m.clients; ++b) {
        float sum[16] = {};
        const float *x = m.values[a].data(), *y = m.values[b].data();
        for (std::size_t j = 0; j + 16 <= m.numbers; j += 16) {
          for (std::size_t l = 0; l < 16; ++l)
            sum[l] += (x[j + l] - y[j + l]) * (x[j + l] - y[j + l]);
        }
        float total = 0.0F;
        for (const float s : sum) total += s;
        squares[a * m.clients + b] = total;
      }
    }
    benchmark::DoNotOptimize(squares.data());
  }
  count(state);
}

// ---- curves -------------------------------------------------------------------------------------

/// Clients 10 ... 10,000 by parameters 10^4 ... 10^7, as far as `most` numbers in all.
void curves(benchmark::internal::Benchmark* b, double most, std::int64_t most_clients = 10'000) {
  b->Unit(benchmark::kMicrosecond)->UseRealTime();
  for (const std::int64_t clients : {10, 50, 100, 1000, 10'000}) {
    for (const std::int64_t numbers : {10'000, 100'000, 1'000'000, 10'000'000}) {
      const double all = static_cast<double>(clients) * static_cast<double>(numbers);
      if (clients <= most_clients && all <= most) b->Args({clients, numbers});
    }
  }
}
void cheap(benchmark::internal::Benchmark* b) { curves(b, 1e9); }
void beyond_caches(benchmark::internal::Benchmark* b) { curves(b, 1e8); }
void dear(benchmark::internal::Benchmark* b) { curves(b, 1e8); }
void pairs(benchmark::internal::Benchmark* b) { curves(b, 1e8, 100); }

#define MUSTER_BENCH(name, range, ...)                                  \
  void name(benchmark::State& state) { aggregate(state, __VA_ARGS__); } \
  BENCHMARK(name)->Apply(range)

BENCHMARK(read_all)->Apply(cheap);
MUSTER_BENCH(weighted_mean, cheap, federated::weighted_mean{});
BENCHMARK(read_all_from_memory)->Apply(beyond_caches);
MUSTER_BENCH(weighted_mean_from_memory, beyond_caches, federated::weighted_mean{}, 1, from_memory);
MUSTER_BENCH(weighted_mean_two_threads, cheap, federated::weighted_mean{}, 2);
BENCHMARK(mean_one_client_after_the_other)->Apply(cheap);
MUSTER_BENCH(server_momentum, dear, federated::server_momentum{});
MUSTER_BENCH(fed_adam, dear, federated::fed_adam{});
MUSTER_BENCH(norm_clipping, dear, federated::norm_clipping<>{{.norm = 1e3}});
MUSTER_BENCH(coordinate_median, dear, federated::coordinate_median{});
MUSTER_BENCH(coordinate_median_two_threads, dear, federated::coordinate_median{}, 2);
MUSTER_BENCH(trimmed_mean, dear, federated::trimmed_mean{{.share = 0.1}});
BENCHMARK(median_by_nth_element)->Apply([](benchmark::internal::Benchmark* b) { curves(b, 1e7); });
MUSTER_BENCH(geometric_median, dear, federated::geometric_median{});
MUSTER_BENCH(krum, pairs, federated::krum{{.byzantine = 3}});
MUSTER_BENCH(bulyan, pairs, federated::bulyan{{.byzantine = 1}});
MUSTER_BENCH(clustered, pairs, federated::clustered<>{});
BENCHMARK(pair_by_pair)->Apply([](benchmark::internal::Benchmark* b) { curves(b, 1e7, 100); });

}  // namespace

BENCHMARK_MAIN();
