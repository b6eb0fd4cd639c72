// SPDX-License-Identifier: Apache-2.0
// One dispatch decision over the number of targets: an actor that scores targets with shared
// weights (its parameters do not grow), beside the paper's MLP, whose first and last layers do.
#include <benchmark/benchmark.h>

#include <vector>

#include <muster/env/edge_cloud.hpp>
#include <muster/kmps/baselines/idle_first.hpp>
#include <muster/kmps/detail/collector.hpp>
#include <muster/kmps/observation.hpp>
#include <muster/kmps/target_scorer.hpp>
#include <muster/queue/adaptive_hybrid.hpp>
#include <muster/rl/actor.hpp>
#include <muster/trace/replay.hpp>
#include <muster/trace/synthetic.hpp>

namespace {

using namespace muster;
using world = env::edge_cloud<queue::adaptive_hybrid, queue::adaptive_hybrid>;

/// A decision in the middle of the surge, in clusters of 6 nodes or more, at a load that grows
/// with the nodes.
struct moment {
  env::edge_cloud_config system;
  world e;
  dispatch_view view;

  explicit moment(std::uint32_t targets) {
    system.clusters = 3;
    system.nodes_per_cluster = (targets - 1) / 3;
    e = world{system};
    rng g{1};
    const std::vector<std::vector<trace::task>> files{trace::synthetic{}.tasks(g)};
    trace::replay::config r;
    r.rate = 300.0 * system.nodes() / 18.0;
    r.horizon = targets > 1000 ? seconds(2) : seconds(10);
    const auto work = *trace::replay{r}.arrivals(files);
    e.load(work, r.horizon);
    kmps::idle_first rule;
    while (e.next_decision(view) && view.now < instant{} + seconds(1)) {
      e.dispatch(rule.choose(view, g));
    }
  }
};

template <class Network>
typename Network::config network_of(const observation_layout& layout) {
  typename Network::config c;
  if constexpr (requires { c.layout; }) {
    c.layout = layout;
  } else {
    c.in = layout.size();
    c.out = layout.targets;
    c.hidden = {256, 128, 32};
  }
  return c;
}

template <class Network>
void decision(benchmark::State& state) {
  const auto targets = static_cast<std::uint32_t>(state.range(0));
  moment m{targets};
  const kmps::offers_observation observe;
  const observation_layout layout =
      observe.layout(m.system.nodes_per_cluster, m.system.targets(), m.system.services);
  rl::actor<Network> actor{{.network = network_of<Network>(layout)}};
  rng g{1};
  actor.initialise(nn::orthogonal{}, nn::orthogonal{0.01}, g);
  std::vector<float> seen(layout.size());
  std::vector<std::uint8_t> mask(m.system.targets());
  for (auto _ : state) {
    std::size_t last = 0;
    benchmark::DoNotOptimize(kmps::detail::fill_mask(m.view, mask, last));
    observe.encode(m.view, seen);
    benchmark::DoNotOptimize(actor.act(seen, mask, g));
  }
  state.counters["parameters"] = static_cast<double>(actor.store().values().size());
}
BENCHMARK(decision<kmps::target_scorer<>>)
    ->Arg(19)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(decision<nn::mlp<>>)
    ->Arg(19)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(10000)
    ->Unit(benchmark::kMicrosecond);

void encode(benchmark::State& state) {
  moment m{static_cast<std::uint32_t>(state.range(0))};
  const kmps::offers_observation observe;
  std::vector<float> seen(
      observe.layout(m.system.nodes_per_cluster, m.system.targets(), m.system.services).size());
  for (auto _ : state) {
    observe.encode(m.view, seen);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(encode)->Arg(19)->Arg(10000)->Unit(benchmark::kMicrosecond);

}  // namespace
