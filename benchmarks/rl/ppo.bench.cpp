// SPDX-License-Identifier: Apache-2.0
// One PPO minibatch step with the networks of KMPS (actor 120-256-128-32-20, critic
// 120-256-128-64-32-1): forward, loss, backward, gradient-norm clip, Adam.
//   muster       rl::ppo::update on one minibatch, with its checks, shuffling and statistics
//   kernels      the same kernels called by hand: no tape, no statistics
//   eigen        hand-written backpropagation on Eigen
//   two_agents   two learners on one and on two threads
// ppo_libtorch.bench.cpp has the same step on libtorch. Sixteen batches take turns, so that
// nobody trains on the same samples until all gradients vanish.
#include <benchmark/benchmark.h>

#include <muster/core/thread_pool.hpp>
#include <muster/rl/mappo.hpp>
#include <muster/rl/ppo.hpp>

#include <array>
#include <cstddef>
#include <vector>

#include "kernel_ppo.hpp"
#include "ppo_setting.hpp"
//
#include "eigen_ppo.hpp"

namespace {

using learner = muster::rl::ppo<>;
using ppo_setting::batches;

learner::config kmps(std::size_t minibatch) {
  learner::config c;
  c.actor.network = {
      .in = ppo_setting::width, .out = ppo_setting::actions, .hidden = {256, 128, 32}};
  c.critic.network = {.in = ppo_setting::width, .out = 1, .hidden = {256, 128, 64, 32}};
  c.epochs = 1;
  c.minibatch = minibatch;
  c.value_loss = muster::rl::value_loss_kind::mse;
  c.normalise_advantages = false;
  return c;
}

void muster_step(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto samples = batches(n);
  muster::rng g{1};
  learner ppo{kmps(n), g};
  std::size_t k = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(ppo.update(samples[++k % samples.size()].batch(), g));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void kernel_step(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto samples = batches(n);
  kernel_peer::learner peer{{120, 256, 128, 32, 20}, {120, 256, 128, 64, 32, 1}, n};
  std::size_t k = 0;
  for (auto _ : state) {
    const auto& s = samples[++k % samples.size()];
    peer.step(s.observations, s.chosen, s.log_probs, s.advantages, s.targets);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void eigen_step(benchmark::State& state) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto samples = batches(n);
  const int rows = static_cast<int>(n);
  eigen_peer::learner peer{{120, 256, 128, 32, 20}, {120, 256, 128, 64, 32, 1}, rows};
  std::size_t k = 0;
  for (auto _ : state) {
    const auto& s = samples[++k % samples.size()];
    benchmark::DoNotOptimize(
        peer.step(s.observations, rows, s.chosen, s.log_probs, s.advantages, s.targets));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetLabel(eigen_peer::instructions);
}

void two_agents(benchmark::State& state) {
  const auto samples = batches(256);
  const std::array pair{samples[0].batch(), samples[1].batch()};
  muster::rng g{1};
  muster::rl::mappo<learner> agents{{.ppo = kmps(256), .agents = 2, .share_parameters = false}, g};
  muster::thread_pool pool{static_cast<std::size_t>(state.range(0))};
  for (auto _ : state) benchmark::DoNotOptimize(agents.update(pair, g, pool).data());
  state.SetItemsProcessed(state.iterations() * 512);
}

BENCHMARK(muster_step)
    ->Name("ppo/muster")
    ->Arg(32)
    ->Arg(64)
    ->Arg(256)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(kernel_step)
    ->Name("ppo/kernels")
    ->Arg(32)
    ->Arg(64)
    ->Arg(256)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(eigen_step)->Name("ppo/eigen")->Arg(32)->Arg(64)->Arg(256)->Unit(benchmark::kMicrosecond);
BENCHMARK(two_agents)
    ->Name("ppo/two_agents_on_threads")
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
