// SPDX-License-Identifier: Apache-2.0
// One round of PFRL-DM's aggregator on one thread: how alike K models of P numbers are (attention;
// beside it the cosine of whole vectors, which compares all pairs), and the whole round with the
// K personal models and their mean. Items are numbers that clients sent, K * P.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/core/rng.hpp>
#include <muster/federated/aggregators/attention.hpp>
#include <muster/federated/similarity/cosine.hpp>

namespace fed = muster::federated;

namespace {

struct clients {
  std::vector<float> global, values;
  std::vector<std::span<const float>> models;
  std::vector<muster::model_update> updates;

  explicit clients(const benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const auto size = static_cast<std::size_t>(state.range(1));
    muster::rng g{1};
    global.resize(size);
    values.resize(count * size);
    for (float& x : global) x = static_cast<float>(muster::uniform01(g));
    for (float& x : values) x = static_cast<float>(muster::uniform01(g));
    for (std::size_t k = 0; k < count; ++k) {
      models.push_back(std::span{values}.subspan(k * size, size));
      updates.push_back(
          {.client = muster::client_id{static_cast<std::uint32_t>(k)}, .values = models.back()});
    }
  }
};

template <class Similarity>
void rule(benchmark::State& state) {
  const clients c{state};
  Similarity similarity;
  std::vector<double> weights(c.models.size() * c.models.size());
  for (auto _ : state) {
    similarity.weigh({c.models, c.global, {}, nullptr}, weights);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(c.values.size()));
}

void attention(benchmark::State& state) { rule<fed::attention_similarity>(state); }
void cosine(benchmark::State& state) { rule<fed::cosine_similarity>(state); }

void whole_round(benchmark::State& state) {
  const clients c{state};
  fed::attention_aggregator<> aggregator;
  std::vector<float> next(c.global.size());
  for (auto _ : state) {
    const auto done = aggregator.aggregate({c.updates, c.global, nullptr}, next);
    if (!done) state.SkipWithError(done.failure().to_string().c_str());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(c.values.size()));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"clients", "numbers"})->Unit(benchmark::kMillisecond);
  for (const std::int64_t count : {5, 20, 100}) {
    for (const std::int64_t size : {10'000, 100'000, 1'000'000}) b->Args({count, size});
  }
}

BENCHMARK(attention)->Apply(sizes);
BENCHMARK(cosine)->Apply(sizes);
BENCHMARK(whole_round)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
