// SPDX-License-Identifier: Apache-2.0
// Products, one decision of the actor, layers backwards and Adam: simd beside eigen (with the
// instruction set this file is compiled for) and beside a hand-written product for one row.
#include <benchmark/benchmark.h>
#include <muster/core/rng.hpp>
#include <muster/num/backend/simd.hpp>
#include <muster/num/tensor.hpp>
#if __has_include(<Eigen/Core>)
#include <muster/num/backend/eigen.hpp>
#define WITH_EIGEN 1
#else
#define WITH_EIGEN 0
#endif

#include <string>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace muster::num;

namespace {

tensor<float> random_tensor(shape s, std::uint64_t seed) {
  muster::rng g{seed};
  tensor<float> t{s};
  for (float& x : t.span()) x = static_cast<float>(uniform01(g) - 0.5);
  return t;
}

template <class B>
B make(benchmark::State& state) {
  if constexpr (std::is_same_v<B, simd>) {
    const auto level = static_cast<simd_level>(state.range(4));
    if (level > simd::best()) {
      state.SkipWithError("not on this processor");
      return simd{};
    }
    return simd{level};
  } else {
    return B{};
  }
}

template <class B>
void gemm(benchmark::State& state, transpose ta, transpose tb) {
  const B b = make<B>(state);
  const auto m = static_cast<std::size_t>(state.range(0));
  const auto k = static_cast<std::size_t>(state.range(1));
  const auto n = static_cast<std::size_t>(state.range(2));
  const auto x = random_tensor(ta == transpose::yes ? shape{k, m} : shape{m, k}, 1);
  const auto w = random_tensor(tb == transpose::yes ? shape{n, k} : shape{k, n}, 2);
  tensor<float> y{shape{m, n}};
  for (auto _ : state) {
    b.matmul(x.view(), ta, w.view(), tb, y.view(), false);
    benchmark::ClobberMemory();
  }
  state.counters["GFLOP/s"] = benchmark::Counter(
      2e-9 * static_cast<double>(m * n * k) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}

// Weights [in, out] of one multi-layer perceptron.
struct net {
  std::vector<std::size_t> sizes;
  std::vector<tensor<float>> w, b, y;
  explicit net(std::vector<std::size_t> s) : sizes{std::move(s)} {
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
      w.push_back(random_tensor({sizes[i], sizes[i + 1]}, i));
      b.push_back(random_tensor({sizes[i + 1]}, i + 10));
      y.push_back(tensor<float>{shape{sizes[i + 1]}});
    }
  }
};
net kmps_actor() { return net{{120, 256, 128, 32, 19}}; }

template <class B>
void decision(benchmark::State& state) {
  const B backend = make<B>(state);
  net actor = kmps_actor();
  const auto x = random_tensor({120}, 5);
  for (auto _ : state) {
    view<const float> in = x.view();
    for (std::size_t i = 0; i < actor.w.size(); ++i) {
      const auto f = i + 1 < actor.w.size() ? activation::relu : activation::identity;
      backend.affine(in, actor.w[i].view(), actor.b[i].view(), f, actor.y[i].view());
      in = actor.y[i].view();
    }
    benchmark::ClobberMemory();
  }
}

#if defined(__x86_64__)
// What one would write by hand for one row: 64 columns in four registers, one pass.
[[gnu::target("avx512f")]] void hand_gemv_512(const float* x, std::size_t inner, const float* w,
                                              std::size_t n, const float* b, bool relu, float* y) {
  for (std::size_t j = 0; j < n; j += 64) {
    __mmask16 mask[4];
    __m512 sum[4];
    for (std::size_t v = 0; v < 4; ++v) {
      const std::size_t left = j + v * 16 < n ? n - j - v * 16 : 0;
      mask[v] = left >= 16 ? __mmask16(0xFFFF) : __mmask16((1U << left) - 1U);
      sum[v] = _mm512_maskz_loadu_ps(mask[v], b + j + v * 16);
    }
    for (std::size_t k = 0; k < inner; ++k) {
      const __m512 xv = _mm512_set1_ps(x[k]);
      const float* row = w + k * n + j;  // written out: -O2 would not unroll a loop
      sum[0] = _mm512_fmadd_ps(xv, _mm512_maskz_loadu_ps(mask[0], row), sum[0]);
      sum[1] = _mm512_fmadd_ps(xv, _mm512_maskz_loadu_ps(mask[1], row + 16), sum[1]);
      sum[2] = _mm512_fmadd_ps(xv, _mm512_maskz_loadu_ps(mask[2], row + 32), sum[2]);
      sum[3] = _mm512_fmadd_ps(xv, _mm512_maskz_loadu_ps(mask[3], row + 48), sum[3]);
    }
    for (std::size_t v = 0; v < 4; ++v) {
      if (relu) sum[v] = _mm512_maskz_max_ps(0xFFFF, sum[v], _mm512_setzero_ps());
      _mm512_mask_storeu_ps(y + j + v * 16, mask[v], sum[v]);
    }
  }
}
void decision_by_hand(benchmark::State& state) {
  if (simd::best() != simd_level::avx512) return state.SkipWithError("not on this processor");
  net actor = kmps_actor();
  const auto x = random_tensor({120}, 5);
  for (auto _ : state) {
    const float* in = x.data();
    for (std::size_t i = 0; i < actor.w.size(); ++i) {
      hand_gemv_512(in, actor.sizes[i], actor.w[i].data(), actor.sizes[i + 1], actor.b[i].data(),
                    i + 1 < actor.w.size(), actor.y[i].data());
      in = actor.y[i].data();
    }
    benchmark::ClobberMemory();
  }
}
BENCHMARK(decision_by_hand)->Name("actor, one row/by hand, AVX-512");
#endif

template <class B>
void backward(benchmark::State& state) {
  const B b = make<B>(state);
  const auto m = static_cast<std::size_t>(state.range(0));
  const auto k = static_cast<std::size_t>(state.range(1));
  const auto n = static_cast<std::size_t>(state.range(2));
  const auto x = random_tensor({m, k}, 1), w = random_tensor({k, n}, 2),
             y = random_tensor({m, n}, 3), dy = random_tensor({m, n}, 4);
  tensor<float> scratch{shape{m, n}}, dx{shape{m, k}}, dw{shape{k, n}}, db{shape{n}};
  for (auto _ : state) {
    b.affine_backward(x.view(), w.view(), y.view(), dy.view(), activation::relu, scratch.view(),
                      dx.view(), dw.view(), db.view());
    benchmark::ClobberMemory();
  }
  state.counters["GFLOP/s"] = benchmark::Counter(
      4e-9 * static_cast<double>(m * n * k) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}

template <class B>
void adam(benchmark::State& state) {
  const B b = make<B>(state);
  const auto n = static_cast<std::size_t>(state.range(0));
  auto p = random_tensor({n}, 1), g = random_tensor({n}, 2);
  tensor<float> m{shape{n}}, v{shape{n}}, norm{shape{1}};
  adam_step<float> step;
  step.correction1 = 0.1F, step.correction2 = 0.001F;
  for (auto _ : state) {
    b.sum_squares(g.view(), norm.view());
    step.gradient_scale = norm[0] > 1.0F ? 0.5F : 1.0F;
    b.adam(p.view(), g.view(), m.view(), v.view(), step);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
}

template <class B>
void policy_rows(benchmark::State& state) {
  const B b = make<B>(state);
  const auto m = static_cast<std::size_t>(state.range(0));
  const auto n = static_cast<std::size_t>(state.range(1));
  const auto x = random_tensor({m, n}, 1);
  tensor<float> y{shape{m, n}};
  tensor<std::uint8_t> mask{shape{m, n}, std::uint8_t{1}};
  for (std::size_t i = 0; i < mask.size(); i += 3) mask[i] = 0;
  for (auto _ : state) {
    b.masked_log_softmax(x.view(), mask.view(), y.view());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(m * n));
}

template <class B>
void functions(benchmark::State& state) {
  const B b = make<B>(state);
  const auto n = static_cast<std::size_t>(state.range(0));
  const auto x = random_tensor({n}, 1);
  tensor<float> y{shape{n}};
  for (auto _ : state) {
    b.apply(static_cast<unary>(state.range(1)), x.view(), y.view());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(n));
}

const int levels[] = {1, 2};

// The sizes of policy networks, and three larger ones; fifth argument: instruction set.
template <class F>
void with_sizes(const std::string& name, F f, bool is_simd) {
  const long sizes[][3] = {{1, 64, 64},     {1, 256, 128},   {32, 128, 128},  {64, 256, 128},
                           {256, 64, 64},   {256, 120, 256}, {256, 256, 128}, {256, 128, 32},
                           {256, 32, 19},   {256, 32, 1},    {256, 256, 256}, {512, 256, 128},
                           {512, 512, 512}, {1024, 512, 512}};
  for (const int level : levels) {
    if (!is_simd && level != 1) continue;
    const std::string full = name + (is_simd ? (level == 1 ? ", avx2" : ", avx512") : "");
    auto* b = benchmark::RegisterBenchmark(full.c_str(), f);
    for (const auto& s : sizes) b->Args({s[0], s[1], s[2], 0, level});
  }
}

void register_all() {
  const auto no = transpose::no, yes = transpose::yes;
  const auto forms = [&](const char* form, transpose ta, transpose tb) {
    const std::string prefix = std::string{"product "} + form;
    with_sizes(
        prefix + "/simd", [=](benchmark::State& s) { gemm<simd>(s, ta, tb); }, true);
#if WITH_EIGEN
    with_sizes(
        prefix + "/eigen", [=](benchmark::State& s) { gemm<eigen>(s, ta, tb); }, false);
#endif
  };
  forms("a b", no, no);
  forms("a' b", yes, no);
  forms("a b'", no, yes);
  with_sizes("layer backwards/simd", backward<simd>, true);
#if WITH_EIGEN
  with_sizes("layer backwards/eigen", backward<eigen>, false);
  benchmark::RegisterBenchmark("actor, one row/eigen", decision<eigen>);
  benchmark::RegisterBenchmark("clip and Adam/eigen", adam<eigen>)->Arg(51978)->Arg(142901);
#endif
  for (const int level : levels) {
    const std::string at = level == 1 ? ", avx2" : ", avx512";
    benchmark::RegisterBenchmark(("actor, one row/simd" + at).c_str(), decision<simd>)
        ->Args({0, 0, 0, 0, level});
    for (const long n : {4096L, 51978L, 142901L}) {
      benchmark::RegisterBenchmark(("clip and Adam/simd" + at).c_str(), adam<simd>)
          ->Args({n, 0, 0, 0, level});
    }
    for (const long n : {20L, 100L, 1000L}) {
      benchmark::RegisterBenchmark(("masked log-softmax/simd" + at).c_str(), policy_rows<simd>)
          ->Args({256, n, 0, 0, level});
    }
    for (const auto f : {unary::exp, unary::tanh, unary::sigmoid, unary::elu, unary::softplus}) {
      benchmark::RegisterBenchmark(("function/simd" + at).c_str(), functions<simd>)
          ->Args({8192, static_cast<long>(f), 0, 0, level});
    }
  }
  for (const long n : {20L, 100L, 1000L}) {
    benchmark::RegisterBenchmark("masked log-softmax/reference", policy_rows<reference>)
        ->Args({256, n});
  }
}
const bool registered = (register_all(), true);

}  // namespace
