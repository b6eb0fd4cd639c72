// SPDX-License-Identifier: Apache-2.0
// One dispatch decision, from the view to the target: rules beside the learned actors; and the
// clairvoyant bound of one workload.
#include <benchmark/benchmark.h>

#include <muster/kmps/baselines/earliest_finish.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/baselines/least_queue.hpp>
#include <muster/kmps/clairvoyant.hpp>
#include <muster/kmps/pipeline.hpp>
#include <muster/trace/replay.hpp>
#include <muster/trace/synthetic.hpp>

namespace {

using namespace muster;

std::vector<trace::arrival> workload(double rate, duration horizon) {
  rng g{1};
  const std::vector<std::vector<trace::task>> files{trace::synthetic{}.tasks(g)};
  trace::replay::config r;
  r.rate = rate;
  r.horizon = horizon;
  return *trace::replay{r}.arrivals(files);
}

template <class Dispatcher>
void decision(benchmark::State& state) {
  const auto work = workload(300.0, seconds(10));
  env::edge_cloud<> e;
  e.load(work, seconds(10));
  Dispatcher d;
  rng g{1};
  dispatch_view view;
  // A view from the middle of the surge, where queues have formed.
  kmps::idle_first rule;
  while (e.next_decision(view) && view.now < instant{} + seconds(5)) {
    e.dispatch(rule.choose(view, g));
  }
  for (auto _ : state) benchmark::DoNotOptimize(d.choose(view, g));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decision<kmps::idle_first>);
BENCHMARK(decision<kmps::least_queue>);
BENCHMARK(decision<kmps::earliest_finish>);
BENCHMARK(decision<kmps::pipeline<>>);
BENCHMARK(decision<kmps::scoring>);

void clairvoyant(benchmark::State& state) {
  const auto work = workload(300.0, seconds(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(kmps::clairvoyant{}(
        env::edge_cloud_config{}, std::span<const trace::arrival>{work}, seconds(state.range(0))));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(work.size()));
}
BENCHMARK(clairvoyant)->Arg(10)->Arg(100)->Unit(benchmark::kMillisecond);

}  // namespace
