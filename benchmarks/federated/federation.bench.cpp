// SPDX-License-Identifier: Apache-2.0
// What the engine costs beside the work it arranges: rounds of 10 to 10,000 toy clients that
// exchange 256 numbers and take one gradient step on them.
//   bare       a loop: each client downloads, trains, uploads; then the mean. What it must be near.
//   everyone   the same through a federation
//   first_k    a round ends with the first half, the others are late; jittered paces
//   buffered   asynchronous, a version for every tenth of the clients; counted per round as well
// Items are trainings. `idle` and `active` are bytes of the engine per client, while it rests and
// while it trains (its model of 1024 bytes included).
#include <benchmark/benchmark.h>

#include <malloc.h>

#include <cstdint>
#include <cstdlib>
#include <muster/federated/federation.hpp>
#include <muster/federated/in_process.hpp>
#include <muster/federated/rounds/buffered.hpp>
#include <muster/federated/rounds/first_k.hpp>
#include <muster/testing/archetypes/federated_client.hpp>
#include <vector>

namespace {

using namespace muster;
using namespace muster::federated;
using client = testing::federated_client_archetype;
constexpr std::size_t width = 256;

/// The mean of models, client by client, in the memory of the result.
struct mean {
  std::vector<double> sum{};
  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    sum.assign(next.size(), 0.0);
    for (const auto& u : round.updates) add(u.values);
    finish(round.updates.size(), next);
    return {};
  }
  void add(std::span<const float> values) {
    for (std::size_t j = 0; j < values.size(); ++j) sum[j] += double{values[j]};
  }
  void finish(std::size_t n, std::span<float> next) const {
    for (std::size_t j = 0; j < next.size(); ++j) {
      next[j] = static_cast<float>(sum[j] / static_cast<double>(n));
    }
  }
};

std::vector<client> make_clients(std::size_t n) {
  std::vector<client> clients;
  clients.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    clients.push_back(client{{.optimum = std::vector<float>(width, static_cast<float>(i % 7))}});
  }
  return clients;
}
std::vector<client_id> numbers(std::size_t n) {
  std::vector<client_id> all;
  for (std::size_t i = 0; i < n; ++i) all.push_back(client_id{static_cast<std::uint32_t>(i)});
  return all;
}

/// Bytes in use, those of large blocks too.
std::size_t in_use() {
  const auto m = mallinfo2();
  return m.uordblks + m.hblkhd;
}

void bare(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  auto clients = make_clients(n);
  std::vector<float> model(width), upload(width);
  mean m;
  for (auto _ : state) {
    m.sum.assign(width, 0.0);
    for (client& c : clients) {
      c.download(model, {});
      benchmark::DoNotOptimize(c.train());
      c.upload(upload);
      m.add(upload);
    }
    m.finish(n, model);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

template <class Rule>
void federated_rounds(benchmark::State& state, Rule rule, random_pace pace) {
  const auto n = static_cast<std::size_t>(state.range(0));
  auto clients = make_clients(n);
  const std::vector<float> model(width);
  using tested = basic_federation<mean, Rule, all_clients, random_pace, in_process<client>>;
  const std::size_t before = in_use();
  tested f{typename tested::server_type{model, {}, rule}, in_process<client>{clients}, {}, pace};
  f.join(numbers(n));
  const std::size_t idle = in_use() - before;
  if (!f.run_rounds(5)) std::abort();
  const std::size_t active = in_use() - before;
  const std::uint64_t sent = f.server().bytes().up;
  for (auto _ : state) {
    if (!f.run_rounds(1)) std::abort();
  }
  const double trainings = static_cast<double>(f.server().bytes().up - sent) /
                           static_cast<double>(sizeof(upload_header) + 4 * width);
  state.SetItemsProcessed(static_cast<std::int64_t>(trainings));
  state.counters["idle"] = static_cast<double>(idle) / static_cast<double>(n);
  state.counters["active"] = static_cast<double>(active) / static_cast<double>(n);
}
void in_step(benchmark::State& state) { federated_rounds(state, everyone{}, random_pace{}); }
void half(benchmark::State& state) {
  federated_rounds(state, first_k{{.k = static_cast<std::size_t>(state.range(0) / 2)}},
                   random_pace{{.jitter = 0.5}});
}
void asynchronous(benchmark::State& state) {
  federated_rounds(state, buffered{{.k = static_cast<std::size_t>(state.range(0) / 10)}},
                   random_pace{{.jitter = 0.5}});
}

BENCHMARK(bare)->RangeMultiplier(10)->Range(10, 10000);
BENCHMARK(in_step)->Name("everyone")->RangeMultiplier(10)->Range(10, 10000);
BENCHMARK(half)->Name("first_k")->RangeMultiplier(10)->Range(10, 10000);
BENCHMARK(asynchronous)->Name("buffered")->RangeMultiplier(10)->Range(10, 10000);

}  // namespace
