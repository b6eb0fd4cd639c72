// SPDX-License-Identifier: Apache-2.0
// Inference of the paper's networks, without a tape: nn::mlp beside Eigen by hand (with the
// instruction set this file is compiled for). Items are multiply-adds.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <vector>

#include <muster/nn/init.hpp>
#include <muster/nn/mlp.hpp>
#include <muster/num/tensor.hpp>

#if __has_include(<Eigen/Core>)
#include <Eigen/Core>
#define WITH_EIGEN 1
#endif

namespace nn = muster::nn;
namespace num = muster::num;

namespace {

using config = nn::mlp<>::config;

config network(std::int64_t which) {
  switch (which) {
    case 0:
      return {.in = 120, .out = 20, .hidden = {256, 128, 32}};  // KMPS actor
    case 1:
      return {.in = 120, .out = 1, .hidden = {256, 128, 64, 32}};  // KMPS critic
    default:
      return {.in = 400, .out = 9, .hidden = {64}};  // one wide input
  }
}

struct model {
  nn::parameter_store<> store;
  nn::mlp<> net;
  explicit model(const config& c) : net{store, "net", c} {
    store.commit();
    muster::rng g{1};
    net.initialise(nn::he{}, g);
  }
  [[nodiscard]] std::int64_t multiply_adds() const {
    std::size_t n = 0;
    for (const auto& layer : net.layers()) n += layer.in() * layer.out();
    return static_cast<std::int64_t>(n);
  }
};

num::tensor<float> input(std::size_t rows, std::size_t columns) {
  num::tensor<float> x{{rows, columns}};
  muster::rng g{2};
  for (float& v : x.span()) v = static_cast<float>(muster::uniform01(g) - 0.5);
  return x;
}

void infer(benchmark::State& state) {
  const model m{network(state.range(0))};
  const auto rows = static_cast<std::size_t>(state.range(1));
  const auto x = input(rows, m.net.in());
  num::tensor<float> y{{rows, m.net.out()}};
  num::tensor<float> room{{m.net.workspace_size(rows)}};
  for (auto _ : state) {
    m.net.infer(x.view(), y.view(), room.span());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * m.multiply_adds() * state.range(1));
}

#ifdef WITH_EIGEN
/// What a careful user of Eigen writes: layers stored as Eigen likes them best (column-major
/// weights [out, in] for one input vector), no temporaries, ReLU in place.
void eigen(benchmark::State& state) {
  const model m{network(state.range(0))};
  const auto rows = state.range(1);
  const auto x = input(static_cast<std::size_t>(rows), m.net.in());
  struct layer {
    Eigen::MatrixXf w;
    Eigen::VectorXf b;
    Eigen::MatrixXf y;
  };
  std::vector<layer> layers;
  for (const auto& l : m.net.layers()) {
    const auto w = m.store.value(l.weight());
    const Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>
        from{w.data(), static_cast<Eigen::Index>(l.in()), static_cast<Eigen::Index>(l.out())};
    layers.push_back({from.transpose(), Eigen::VectorXf::Zero(static_cast<Eigen::Index>(l.out())),
                      Eigen::MatrixXf{static_cast<Eigen::Index>(l.out()), rows}});
  }
  const Eigen::Map<const Eigen::MatrixXf> first{x.data(), static_cast<Eigen::Index>(m.net.in()),
                                                rows};
  for (auto _ : state) {
    for (std::size_t k = 0; k < layers.size(); ++k) {
      layer& l = layers[k];
      if (rows == 1) {
        auto y = l.y.col(0);
        y = l.b;
        if (k == 0) {
          y.noalias() += l.w * first.col(0);
        } else {
          y.noalias() += l.w * layers[k - 1].y.col(0);
        }
      } else {
        if (k == 0) {
          l.y.noalias() = l.w * first;
        } else {
          l.y.noalias() = l.w * layers[k - 1].y;
        }
        l.y.colwise() += l.b;
      }
      if (k + 1 < layers.size()) l.y = l.y.cwiseMax(0.0F);
    }
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * m.multiply_adds() * rows);
}
#endif

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"net", "rows"});
  for (const int net : {0, 1, 2})
    for (const int rows : {1, 16, 256}) b->Args({net, rows});
}
BENCHMARK(infer)->Name("mlp/infer")->Apply(sizes);
#ifdef WITH_EIGEN
BENCHMARK(eigen)->Name("mlp/eigen")->Apply(sizes);
#endif

}  // namespace
