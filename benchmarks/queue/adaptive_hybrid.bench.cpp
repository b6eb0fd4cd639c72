// SPDX-License-Identifier: Apache-2.0
// One pick over the length of the queue, for each strategy; arrival order is the baseline.
#include <benchmark/benchmark.h>

#include <muster/core/rng.hpp>
#include <muster/queue/adaptive_hybrid.hpp>
#include <muster/queue/arrival_order.hpp>
#include <muster/queue/delay_greedy.hpp>
#include <muster/queue/earliest_deadline.hpp>
#include <muster/queue/least_slack.hpp>
#include <muster/queue/shortest_allowance.hpp>
#include <muster/queue/shortest_estimated.hpp>
#include <vector>

namespace {

template <class Strategy>
void pick(benchmark::State& state) {
  Strategy strategy;
  muster::rng g{1};
  std::vector<muster::job> waiting(static_cast<std::size_t>(state.range(0)));
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    muster::job& j = waiting[i];
    j.id = muster::job_id{i};
    const auto some = [&g] {
      return static_cast<std::int64_t>(muster::uniform_below(g, 5'000'000));
    };
    j.arrival = muster::instant{some()};
    j.work = muster::duration{some() / 10};
    j.deadline = j.arrival + muster::duration{some()};
    j.service = muster::service_id{static_cast<std::uint32_t>(muster::uniform_below(g, 12))};
    if constexpr (muster::adaptive_dequeue_strategy<Strategy>) strategy.observe(j.service, j.work);
  }
  const muster::instant now{2'000'000};
  for (auto _ : state) {
    std::size_t i = strategy.pick(waiting, now);
    benchmark::DoNotOptimize(i);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

}  // namespace

namespace q = muster::queue;
BENCHMARK(pick<q::arrival_order>)->RangeMultiplier(8)->Range(8, 4096);
BENCHMARK(pick<q::earliest_deadline>)->RangeMultiplier(8)->Range(8, 4096);
BENCHMARK(pick<q::delay_greedy>)->RangeMultiplier(8)->Range(8, 4096);
BENCHMARK(pick<q::least_slack>)->RangeMultiplier(8)->Range(8, 4096);
BENCHMARK(pick<q::shortest_allowance>)->RangeMultiplier(8)->Range(8, 4096);
BENCHMARK(pick<q::shortest_estimated>)->RangeMultiplier(8)->Range(8, 4096);
BENCHMARK(pick<q::adaptive_hybrid>)->RangeMultiplier(8)->Range(8, 4096);
