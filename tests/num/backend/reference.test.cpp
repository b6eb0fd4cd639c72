// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <cmath>
#include <limits>
#include <muster/num/backend/reference.hpp>
#include <muster/num/tensor.hpp>
#include <muster/testing/laws/backend.hpp>
#include <muster/testing/laws/backend_gradients.hpp>
#include <vector>

using namespace muster::num;

namespace {
const auto report = [](const char* law, bool holds) {
  INFO(law);
  CHECK(holds);
};
tensor<double> array(shape s, const std::vector<double>& values) {
  tensor<double> t{s};
  for (std::size_t i = 0; i < values.size(); ++i) t[i] = values[i];
  return t;
}
bool equal(const tensor<double>& t, const std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::abs(t[i] - values[i]) > 1e-12) return false;
  }
  return t.size() == values.size();
}
}  // namespace

TEST_CASE("reference in single precision obeys the laws of backend", "[num][laws]") {
  muster::testing::check_backend_laws<float>(reference{}, 3, 10, report);
}

TEST_CASE("every backward operation of reference is a derivative", "[num][laws]") {
  muster::testing::check_backend_gradients(reference{}, 5, 12, report);
}

TEST_CASE("products worked out by hand", "[num][reference]") {
  const reference b;
  const auto a = array({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto w = array({3, 2}, {7, 8, 9, 10, 11, 12});
  tensor<double> c{shape{2, 2}};
  b.matmul(a.view(), transpose::no, w.view(), transpose::no, c.view(), false);
  CHECK(equal(c, {58, 64, 139, 154}));
  b.matmul(a.view(), transpose::no, w.view(), transpose::no, c.view(), true);
  CHECK(equal(c, {116, 128, 278, 308}));
  tensor<double> square{shape{3, 3}};
  b.matmul(a.view(), transpose::yes, a.view(), transpose::no, square.view(), false);
  CHECK(equal(square, {17, 22, 27, 22, 29, 36, 27, 36, 45}));
  b.matmul(a.view(), transpose::no, a.view(), transpose::yes, c.view(), false);
  CHECK(equal(c, {14, 32, 32, 77}));
  // w^T (2x3) times a^T (3x2) is the transpose of a·w.
  b.matmul(w.view(), transpose::yes, a.view(), transpose::yes, c.view(), false);
  CHECK(equal(c, {58, 139, 64, 154}));

  const auto x = array({1, 2}, {1, -2});
  const auto v = array({2, 2}, {1, 2, 3, 4});
  const auto bias = array({2}, {0.5, 10});
  tensor<double> y{shape{1, 2}};
  b.affine(x.view(), v.view(), bias.view(), activation::relu, y.view());
  CHECK(equal(y, {0, 4}));  // 0.5 + 1 - 6 = -4.5, 10 + 2 - 8 = 4
  b.affine(x.view(), v.view(), {}, activation::leaky_relu, y.view());
  CHECK(equal(y, {-0.05, -0.06}));
}

TEST_CASE("row-wise operations worked out by hand", "[num][reference]") {
  const reference b;
  const double e = std::exp(1.0);
  const auto x = array({1, 3}, {1, 2, 3});
  tensor<double> y{shape{1, 3}};
  b.softmax(x.view(), y.view());
  const double z = 1 + e + e * e;
  CHECK(equal(y, {1 / z, e / z, e * e / z}));

  tensor<std::uint8_t> mask{shape{1, 3}, std::uint8_t{1}};
  mask[1] = 0;
  b.masked_softmax(x.view(), mask.view(), y.view());
  CHECK(equal(y, {1 / (1 + e * e), 0, e * e / (1 + e * e)}));

  // KMPS Eq. 2: (max(0, x) + 1) m / sum = (2, masked, 4) / 6; a negative score counts as 1.
  b.relu1_l1(x.view(), mask.view(), y.view());
  CHECK(equal(y, {2.0 / 6, 0, 4.0 / 6}));
  const auto negative = array({1, 3}, {-5, 0, 2});
  b.relu1_l1(negative.view(), {}, y.view());
  CHECK(equal(y, {1.0 / 5, 1.0 / 5, 3.0 / 5}));

  tensor<double> stats{shape{1, 2}};
  const auto gain = array({3}, {1, 1, 2});
  const auto bias = array({3}, {0, 0, 1});
  b.layer_norm(x.view(), gain.view(), bias.view(), 0.0, y.view(), stats.view());
  const double sd = std::sqrt(2.0 / 3.0);
  CHECK(equal(y, {-1 / sd, 0, 2 / sd + 1}));
  CHECK(equal(stats, {2, 1 / sd}));
}

TEST_CASE("adam and sgd worked out by hand", "[num][reference]") {
  const reference b;
  auto p = array({1}, {1}), m = array({1}, {0}), v = array({1}, {0});
  const auto g = array({1}, {4});
  // First step: m = 0.1·2, v = 0.001·4, both corrected back to 2 and 4: a step of the rate.
  adam_step<double> s{.rate = 0.5, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 0.0};
  s.correction1 = 0.1, s.correction2 = 0.001, s.gradient_scale = 0.5;
  b.adam(p.view(), g.view(), m.view(), v.view(), s);
  CHECK(equal(p, {0.5}));
  CHECK(equal(m, {0.2}));
  CHECK(equal(v, {0.004}));
  s.weight_decay = 0.1, s.rate = 0.0;  // a rate of 0 stops the decay as well
  b.adam(p.view(), g.view(), m.view(), v.view(), s);
  CHECK(equal(p, {0.5}));

  auto buffer = array({1}, {1});
  b.sgd(p.view(), g.view(), buffer.view(), 0.25, 0.5, 0.5);
  CHECK(equal(buffer, {2.5}));  // 0.5·1 + 0.5·4
  CHECK(equal(p, {0.5 - 0.25 * 2.5}));
  b.sgd(p.view(), g.view(), {}, 0.25, 0.9, 0.5);
  CHECK(equal(p, {0.5 - 0.25 * 2.5 - 0.25 * 2}));
}

TEST_CASE("edges: NaN, kinks, ties, a row without choices", "[num][reference]") {
  const reference b;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto x = array({4}, {nan, -1, 0, 2});
  tensor<double> y{shape{4}};
  b.apply(unary::relu, x.view(), y.view());
  CHECK((std::isnan(y[0]) && y[1] == 0 && y[2] == 0 && y[3] == 2));
  const auto one = array({4}, {1, 1, 1, 1});
  b.apply(binary::minimum, one.view(), x.view(), y.view());
  CHECK((std::isnan(y[0]) && y[3] == 1));
  b.apply(binary::minimum, x.view(), one.view(), y.view());
  CHECK((std::isnan(y[0]) && y[3] == 1));

  // Equal arguments: the gradient of minimum goes to the first.
  tensor<double> da{shape{4}}, db{shape{4}};
  b.apply(binary::minimum, one.view(), one.view(), y.view());
  b.apply_backward(binary::minimum, one.view(), one.view(), y.view(), one.view(), da.view(),
                   db.view());
  CHECK(equal(da, {1, 1, 1, 1}));
  CHECK(equal(db, {0, 0, 0, 0}));
  tensor<double> top{shape{1}}, dx{shape{4}};
  b.reduce(reduction::maximum, one.view(), -1, top.view());
  b.reduce_backward(reduction::maximum, one.view(), -1, top.view(), top.view(), dx.view());
  CHECK(equal(dx, {1, 0, 0, 0}));  // the first of equals
  b.clip(array({4}, {-1, 0, 1, 2}).view(), 0.0, 1.0, y.view());
  CHECK(equal(y, {0, 0, 1, 1}));
  tensor<double> dc{shape{4}};
  b.clip_backward(array({4}, {-1, 0, 1, 2}).view(), 0.0, 1.0, one.view(), dc.view());
  CHECK(equal(dc, {0, 1, 1, 0}));  // the ends belong to the range

  tensor<std::uint8_t> none{shape{1, 4}};
  tensor<double> p{shape{1, 4}, 7.0};
  const auto row = array({1, 4}, {nan, 1, 2, 3});
  b.masked_softmax(row.view(), none.view(), p.view());
  CHECK(equal(p, {0, 0, 0, 0}));
  b.relu1_l1(row.view(), none.view(), p.view());
  CHECK(equal(p, {0, 0, 0, 0}));
  b.masked_log_softmax(row.view(), none.view(), p.view());
  CHECK(p[0] == masked_log_probability);
  CHECK(std::exp(p[0]) == 0.0);
}

TEST_CASE("long sums do not drift", "[num][reference]") {
  // 2^20 times 0.1f added one by one is off by 1 %; in pairs by less than 1e-6.
  tensor<float> x{shape{1U << 20U}, 0.1F}, total{shape{1}};
  reference{}.reduce(reduction::sum, x.view(), -1, total.view());
  CHECK(std::abs(total[0] / 104857.6F - 1.0F) < 1e-6F);
}
