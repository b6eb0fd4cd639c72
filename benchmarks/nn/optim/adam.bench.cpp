// SPDX-License-Identifier: Apache-2.0
// One step of Adam over all parameters, with and without gradient-norm clipping: nn::adam
// beside the same formula as one expression of Eigen. Items are parameters.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>

#include <muster/core/rng.hpp>
#include <muster/nn/optim/adam.hpp>
#include <muster/nn/optim/clip_norm.hpp>

#if __has_include(<Eigen/Core>)
#include <Eigen/Core>
#define WITH_EIGEN 1
#endif

namespace nn = muster::nn;

namespace {

struct model {
  nn::parameter_store<> store;
  explicit model(std::size_t n) {
    store.add("p", {n});
    store.commit();
    muster::rng g{1};
    for (float& x : store.values().span()) x = static_cast<float>(muster::uniform01(g) - 0.5);
    for (float& x : store.grads().span()) x = static_cast<float>(muster::uniform01(g) - 0.5);
  }
};

void adam(benchmark::State& state) {
  model m{static_cast<std::size_t>(state.range(0))};
  nn::adam<> optimiser{m.store, {}};
  for (auto _ : state) {
    optimiser.step(m.store);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void clip_and_adam(benchmark::State& state) {
  model m{static_cast<std::size_t>(state.range(0))};
  nn::adam<> optimiser{m.store, {}};
  for (auto _ : state) {
    optimiser.step(m.store, 1.0, nn::clip_norm(m.store, 0.5).scale);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

#ifdef WITH_EIGEN
void eigen(benchmark::State& state, bool clip) {
  model m{static_cast<std::size_t>(state.range(0))};
  const auto n = static_cast<Eigen::Index>(m.store.values().size());
  Eigen::Map<Eigen::ArrayXf> p{m.store.values().data(), n};
  const Eigen::Map<Eigen::ArrayXf> g{m.store.grads().data(), n};
  Eigen::ArrayXf mean = Eigen::ArrayXf::Zero(n);
  Eigen::ArrayXf square = Eigen::ArrayXf::Zero(n);
  float power1 = 1.0F;
  float power2 = 1.0F;
  for (auto _ : state) {
    float scale = 1.0F;
    if (clip) {
      const float norm = g.matrix().norm();
      if (norm > 0.5F) scale = 0.5F / norm;
    }
    power1 *= 0.9F;
    power2 *= 0.999F;
    mean = 0.9F * mean + (0.1F * scale) * g;
    square = 0.999F * square + (0.001F * scale * scale) * g.square();
    p -= (5e-4F / (1.0F - power1)) * mean /
         (square.sqrt() * (1.0F / std::sqrt(1.0F - power2)) + 1e-8F);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK_CAPTURE(eigen, plain, false)->Name("adam/eigen")->Arg(4096)->Arg(142901)->Arg(2 << 20);
BENCHMARK_CAPTURE(eigen, clip, true)->Name("clip_adam/eigen")->Arg(4096)->Arg(142901)->Arg(2 << 20);
#endif

// 142,901 is the actor and critic of KMPS together.
BENCHMARK(adam)->Name("adam/muster")->Arg(4096)->Arg(142901)->Arg(2 << 20);
BENCHMARK(clip_and_adam)->Name("clip_adam/muster")->Arg(4096)->Arg(142901)->Arg(2 << 20);

}  // namespace
