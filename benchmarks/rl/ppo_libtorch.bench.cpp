// SPDX-License-Identifier: Apache-2.0
// The step of ppo.bench.cpp on libtorch, one thread: forward, loss, backward, clip, Adam; and one
// decision of the actor beside ours.
#include <torch/torch.h>
// libtorch has a macro of this name too.
#undef CHECK

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/rl/actor.hpp>

#include "ppo_setting.hpp"

namespace {

torch::nn::Sequential network(const std::vector<std::int64_t>& widths) {
  torch::nn::Sequential net;
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
    net->push_back(torch::nn::Linear(widths[l], widths[l + 1]));
    if (l + 2 < widths.size()) net->push_back(torch::nn::ReLU());
  }
  return net;
}

torch::Tensor column(const std::vector<float>& v) {
  return torch::from_blob(const_cast<float*>(v.data()), {static_cast<std::int64_t>(v.size())});
}

void libtorch_step(benchmark::State& state) {
  at::set_num_threads(1);
  torch::manual_seed(1);
  const std::int64_t n = state.range(0);
  const auto samples = ppo_setting::batches(static_cast<std::size_t>(n));
  auto actor = network({120, 256, 128, 32, 20});
  auto critic = network({120, 256, 128, 64, 32, 1});
  const auto actor_parameters = actor->parameters();
  const auto critic_parameters = critic->parameters();
  torch::optim::Adam actor_adam{actor_parameters, torch::optim::AdamOptions(5e-4)};
  torch::optim::Adam critic_adam{critic_parameters, torch::optim::AdamOptions(5e-4)};
  std::vector<torch::Tensor> actions;
  for (const auto& s : samples) {
    actions.push_back(torch::empty({n}, torch::kLong));
    for (std::int64_t i = 0; i < n; ++i) {
      actions.back()[i] = static_cast<std::int64_t>(s.chosen[static_cast<std::size_t>(i)]);
    }
  }
  std::size_t k = 0;
  for (auto _ : state) {
    const std::size_t turn = ++k % samples.size();
    const auto& s = samples[turn];
    const auto x = column(s.observations).view({n, 120});
    const auto advantages = column(s.advantages);
    const auto log_p = torch::log_softmax(actor->forward(x), 1);
    const auto chosen = log_p.gather(1, actions[turn].unsqueeze(1)).squeeze(1);
    const auto ratio = torch::exp(chosen - column(s.log_probs));
    const auto policy_loss =
        -torch::min(ratio * advantages, torch::clamp(ratio, 0.8, 1.2) * advantages).mean();
    const auto entropy = -(log_p.exp() * log_p).sum(1).mean();
    const auto value_loss =
        0.5 * (critic->forward(x).squeeze(1) - column(s.targets)).square().mean();
    actor_adam.zero_grad();
    critic_adam.zero_grad();
    (policy_loss - 0.01 * entropy + value_loss).backward();
    torch::nn::utils::clip_grad_norm_(actor_parameters, 0.5);
    torch::nn::utils::clip_grad_norm_(critic_parameters, 0.5);
    actor_adam.step();
    critic_adam.step();
  }
  state.SetItemsProcessed(state.iterations() * n);
}
BENCHMARK(libtorch_step)
    ->Name("ppo/libtorch")
    ->Arg(32)
    ->Arg(64)
    ->Arg(256)
    ->Unit(benchmark::kMicrosecond);

void decide_libtorch(benchmark::State& state) {
  at::set_num_threads(1);
  torch::InferenceMode guard;
  auto actor = network({120, 256, 128, 32, 19});
  const auto x = torch::rand({1, 120});
  for (auto _ : state) benchmark::DoNotOptimize(actor->forward(x).data_ptr<float>());
}
BENCHMARK(decide_libtorch)->Name("decision/libtorch, forward only");

// Ours with the softmax and the choice, which libtorch would pay for on top.
void decide_muster(benchmark::State& state) {
  muster::rl::actor<> actor{{.network = {.in = 120, .out = 19, .hidden = {256, 128, 32}}}};
  const std::vector<float> x(120, 0.5F);
  for (auto _ : state) benchmark::DoNotOptimize(actor.greedy(x, {}));
}
BENCHMARK(decide_muster)->Name("decision/muster, with softmax and choice");

}  // namespace
