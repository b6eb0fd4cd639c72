// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <cmath>
#include <muster/num/backend/simd.hpp>
#include <muster/num/tensor.hpp>
#include <muster/testing/laws/backend.hpp>
#include <muster/testing/laws/backend_gradients.hpp>
#include <muster/testing/no_alloc_scope.hpp>
#include <vector>

using namespace muster::num;

namespace {
std::vector<simd_level> levels() {
  std::vector<simd_level> out{simd_level::plain};
  for (const auto l : {simd_level::avx2, simd_level::avx512}) {
    if (l <= simd::best()) out.push_back(l);
  }
  return out;
}
tensor<float> random_tensor(shape s, std::uint64_t seed, double size = 1.0) {
  muster::rng g{seed};
  tensor<float> t{s};
  for (float& x : t.span()) x = static_cast<float>(size * (2.0 * muster::uniform01(g) - 1.0));
  return t;
}
}  // namespace

TEST_CASE("simd obeys the laws of backend at every level", "[num][laws]") {
  for (const simd_level level : levels()) {
    const auto report = [&](const char* law, bool holds) {
      INFO(law << ", level " << static_cast<int>(level));
      CHECK(holds);
    };
    muster::testing::check_backend_laws<float>(simd{level}, 11, 15, report);
    muster::testing::check_backend_laws<double>(simd{level}, 12, 1, report);
  }
  muster::testing::check_backend_gradients(simd{}, 13, 1,
                                           [](const char*, bool holds) { CHECK(holds); });
}

TEST_CASE("products of every size around the tiles", "[num][simd]") {
  // Rows around 12 and 6, columns around 8, 16 and 32, inner lengths around the panel of 256.
  const std::size_t rows[] = {1, 2, 3, 5, 6, 7, 11, 12, 13, 24, 31};
  const std::size_t columns[] = {1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 65, 130};
  const std::size_t inner[] = {0, 1, 2, 255, 256, 257, 520};
  const reference exact;
  for (const simd_level level : levels()) {
    const simd b{level};
    for (const std::size_t m : rows) {
      for (const std::size_t n : columns) {
        for (const std::size_t k : inner) {
          const auto a = random_tensor({m, k}, 1), at = random_tensor({k, m}, 2);
          const auto w = random_tensor({k, n}, 3), wt = random_tensor({n, k}, 4);
          bool holds = true;
          for (int form = 0; form < 8; ++form) {
            auto got = random_tensor({m, n}, 5), want = random_tensor({m, n}, 5);
            const auto& left = (form & 1) != 0 ? at : a;
            const auto& right = (form & 2) != 0 ? wt : w;
            const auto ta = transpose{(form & 1) != 0}, tb = transpose{(form & 2) != 0};
            b.matmul(left.view(), ta, right.view(), tb, got.view(), (form & 4) != 0);
            exact.matmul(left.view(), ta, right.view(), tb, want.view(), (form & 4) != 0);
            for (std::size_t i = 0; i < m * n; ++i) {
              holds = holds && std::abs(got[i] - want[i]) <= 2e-6F * static_cast<float>(k + 1);
            }
          }
          INFO(m << "x" << k << "x" << n << ", level " << static_cast<int>(level));
          REQUIRE(holds);
        }
      }
    }
  }
}

TEST_CASE("nothing is written beside the output", "[num][simd]") {
  for (const simd_level level : levels()) {
    const simd b{level};
    for (std::size_t n = 1; n <= 70; ++n) {
      tensor<float> room{shape{3 * n + 40}, 7.0F};
      const auto x = random_tensor({3, 9}, 1), w = random_tensor({9, n}, 2);
      const view<float> y{room.data() + 20, {3, n}};
      const view<float> row{room.data() + 20, {1, n}};
      b.affine(x.view(), w.view(), {}, activation::tanh, y);
      b.affine(x.view().slice(0, 1), w.view(), {}, activation::relu, row);
      b.softmax(y, y);
      b.fill(y, 1.0F);
      b.apply(unary::exp, y, y);
      bool untouched = true;
      for (std::size_t i = 0; i < 20; ++i) {
        untouched = untouched && room[i] == 7.0F && room[20 + 3 * n + i] == 7.0F;
      }
      CHECK(untouched);
    }
  }
}

TEST_CASE("functions are within the stated error over their whole range", "[num][simd]") {
  const std::size_t n = 200001;
  tensor<float> x{shape{n}}, y{shape{n}};
  for (const double reach : {1e-3, 1.0, 20.0, 110.0}) {
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = static_cast<float>(reach * (2.0 * static_cast<double>(i) / (n - 1.0) - 1.0));
    }
    for (const simd_level level : levels()) {
      for (const unary f : {unary::exp, unary::tanh, unary::sigmoid, unary::elu, unary::softplus}) {
        simd{level}.apply(f, x.view(), y.view());
        double worst = 0.0;
        for (std::size_t i = 0; i < n; ++i) {
          const double want = detail::evaluate(f, static_cast<double>(x[i]));
          if (std::abs(want) < 1.2e-38 || std::abs(want) > 3.4e38) continue;
          worst = std::max(worst, std::abs(static_cast<double>(y[i]) - want) / std::abs(want));
        }
        INFO("function " << static_cast<int>(f) << ", level " << static_cast<int>(level)
                         << ", reach " << reach << ", error " << worst);
        CHECK(worst < 5e-7);
      }
    }
  }
}

TEST_CASE("simd does not allocate", "[num][simd]") {
  const auto x = random_tensor({33, 120}, 1), w = random_tensor({120, 300}, 2);
  const auto bias = random_tensor({300}, 3);
  tensor<float> y{shape{33, 300}}, dy{shape{33, 300}}, scratch{shape{33, 300}};
  tensor<float> dx{shape{33, 120}}, dw{shape{120, 300}}, db{shape{300}}, norm{shape{1}};
  tensor<float> m{shape{120, 300}}, v{shape{120, 300}};
  for (const simd_level level : levels()) {
    const simd b{level};
    const muster::testing::no_alloc_scope scope;
    b.affine(x.view(), w.view(), bias.view(), activation::elu, y.view());
    b.masked_log_softmax(y.view(), {}, dy.view());
    b.affine_backward(x.view(), w.view(), y.view(), dy.view(), activation::elu, scratch.view(),
                      dx.view(), dw.view(), db.view());
    b.sum_squares(dw.view(), norm.view());
    b.adam(dw.view(), w.view(), m.view(), v.view(), {});
    const auto count = scope.allocations();
    CHECK(count == 0);
  }
}

TEST_CASE("the level is the best one unless asked for", "[num][simd]") {
  CHECK(simd{}.level() == simd::best());
  CHECK(simd{simd_level::plain}.level() == simd_level::plain);
}
