// SPDX-License-Identifier: Apache-2.0
// KMPS's graph encoder (three hops, three levels) over one frame, without a tape: complete access
// points as totals, and beside it the same neighbours as edges written out, which takes time
// with the square of the access point's size. Then one training pass over a batch of frames of
// the paper's cluster. Items are nodes.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

#include <muster/autodiff/ops.hpp>
#include <muster/nn/graph_encoder.hpp>
#include <muster/nn/init.hpp>
#include <muster/num/tensor.hpp>

namespace nn = muster::nn;
namespace num = muster::num;

namespace {

template <class Backend>
struct model {
  nn::parameter_store<float, Backend> store;
  nn::graph_encoder<float, Backend> net{store, "encoder"};
  model() {
    store.commit();
    muster::rng g{1};
    net.initialise(nn::he{}, g);
  }
};

num::tensor<float> states(std::size_t nodes) {
  num::tensor<float> x{{nodes, 24}};
  muster::rng g{2};
  for (float& v : x.span()) v = static_cast<float>(muster::uniform01(g));
  return x;
}

template <class Backend>
void infer(benchmark::State& state, const nn::topology& t) {
  const model<Backend> m;
  const nn::graph<float> g{t};
  const auto s = states(g.nodes());
  num::tensor<float> x{{g.nodes(), 24}}, y{{g.access_points(), 24}}, z{{g.clusters(), 24}};
  num::tensor<float> room{{m.net.workspace_size(g)}};
  for (auto _ : state) {
    m.net.infer(s.view(), g, x.view(), y.view(), z.view(), room.span());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(g.nodes()));
  state.counters["edges"] = static_cast<double>(g.edges());
}

nn::topology of(const benchmark::State& state) {
  return nn::topology::uniform(static_cast<std::size_t>(state.range(0)),
                               static_cast<std::size_t>(state.range(1)));
}
void totals(benchmark::State& state) { infer<num::simd>(state, of(state)); }
void written_out(benchmark::State& state) { infer<num::simd>(state, of(state).written_out()); }
void reference(benchmark::State& state) { infer<num::reference>(state, of(state)); }

void training(benchmark::State& state) {
  model<num::simd> m;
  const auto frames = static_cast<std::size_t>(state.range(0));
  nn::graph<float> g;
  g.assign(nn::topology::uniform(3, 6), frames);
  const auto s = states(g.nodes());
  muster::autodiff::tape<float> tape;
  for (auto _ : state) {
    tape.reset();
    const auto e = m.net.forward(tape, tape.constant(s.view()), g);
    m.store.zero_grads();
    tape.backward(mean(square(e.clusters)));
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(g.nodes()));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"access_points", "nodes_each"});
  // 18 nodes (the paper), 100, 1,000 and 10,000; 1,000 also in small and in huge access points.
  b->Args({3, 6})->Args({10, 10})->Args({167, 6})->Args({20, 50})->Args({1, 1000})->Args({200, 50});
}
BENCHMARK(totals)->Name("graph_encoder/infer")->Apply(sizes)->Unit(benchmark::kMicrosecond);
BENCHMARK(written_out)
    ->Name("graph_encoder/infer_edges")
    ->Apply(sizes)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(reference)
    ->Name("graph_encoder/infer_reference")
    ->ArgNames({"access_points", "nodes_each"})
    ->Args({3, 6})
    ->Args({10, 10})
    ->Args({20, 50})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(training)
    ->Name("graph_encoder/training_pass")
    ->ArgName("frames")
    ->RangeMultiplier(8)
    ->Range(1, 64)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
