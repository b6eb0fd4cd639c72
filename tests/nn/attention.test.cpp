// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <muster/autodiff/check_gradient.hpp>
#include <muster/autodiff/ops.hpp>
#include <muster/nn/attention.hpp>
#include <muster/nn/init.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/num/tensor.hpp>
#include <muster/testing/no_alloc_scope.hpp>
#include <vector>

#include "support/catch.hpp"
#include "support/contract.hpp"

namespace nn = muster::nn;
namespace num = muster::num;
namespace ad = muster::autodiff;

namespace {

template <class T, class Backend = num::simd>
struct attention {
  using layer = nn::multi_head_attention<T, Backend>;
  nn::parameter_store<T, Backend> store;
  layer net;
  explicit attention(const typename layer::config& c, std::uint64_t seed = 1)
      : net{store, "attention", c} {
    store.commit();
    muster::rng g{seed};
    net.initialise(nn::glorot{1.5}, g);
  }
  void set(nn::parameter p, std::initializer_list<T> values) {
    REQUIRE(store.value(p).size() == values.size());
    std::copy(values.begin(), values.end(), store.value(p).data());
  }
};

template <class T>
num::tensor<T> rows_of(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  num::tensor<T> x{{rows, columns}};
  muster::rng g{seed};
  for (T& v : x.span()) v = static_cast<T>(2.0 * muster::uniform01(g) - 1.0);
  return x;
}

template <class T>
struct answer {
  num::tensor<T> y, weights;
};
template <class A, class T = typename A::layer::value_type>
answer<T> infer(const A& a, const num::tensor<T>& q, const num::tensor<T>& k,
                const num::tensor<T>& v) {
  const std::size_t n = q.shape()[0], m = k.shape()[0];
  answer<T> r{num::tensor<T>{{n, a.net.out()}}, num::tensor<T>{{a.net.heads(), n, m}}};
  std::vector<T> room(a.net.workspace_size(n, m));
  a.net.infer(q.view(), k.view(), v.view(), r.y.view(), room, r.weights.view());
  return r;
}

template <class T>
num::tensor<T> shuffled(const num::tensor<T>& x, std::initializer_list<std::size_t> order) {
  num::tensor<T> y{x.shape()};
  std::size_t to = 0;
  for (const std::size_t from : order) {
    std::copy_n(x.view().row(from).data(), x.view().columns(), y.view().row(to++).data());
  }
  return y;
}

}  // namespace

// One head, d_k = 1, W_Q = (1; 0), W_K = (0; 1), W_V = (1; 1), W_O = 2, scale 1 = 1 / sqrt(1).
// q rows (0, 5) and (1, 0): queries 0 and 1. k rows (7, 0) and (8, ln 3): keys 0 and ln 3.
// Row 1: comparison (0, 0), weights (1/2, 1/2). Row 2: (0, ln 3), weights (1/4, 3/4).
// v rows (1, 1) and (4, 2): values 2 and 6. Means 4 and 5, y = 8 and 10.
// A second head with W_Q = 0 and W_V = (0; 1) has weights 1/2 and mean (1 + 2) / 2 = 1.5; with
// W_O = (2; 10) it adds 15.
TEMPLATE_TEST_CASE("attention of two queries and two keys by hand", "[nn][attention]", float,
                   double) {
  using T = TestType;
  const T ln3 = static_cast<T>(std::log(3.0));
  num::tensor<T> q{{2, 2}}, k{{2, 2}}, v{{2, 2}};
  std::copy_n(std::vector<T>{0, 5, 1, 0}.data(), 4, q.data());
  std::copy_n(std::vector<T>{7, 0, 8, ln3}.data(), 4, k.data());
  std::copy_n(std::vector<T>{1, 1, 4, 2}.data(), 4, v.data());
  for (const std::size_t heads : {1U, 2U}) {
    attention<T> a{{.in = 2, .heads = heads, .key_width = 1, .value_width = 1, .out = 1}};
    a.set(a.net.query(0), {1, 0});
    a.set(a.net.key(0), {0, 1});
    a.set(a.net.value(0), {1, 1});
    if (heads == 1) {
      a.set(a.net.output(), {2});
    } else {
      a.set(a.net.query(1), {0, 0});
      a.set(a.net.value(1), {0, 1});
      a.set(a.net.output(), {2, 10});
    }
    const auto r = infer(a, q, k, v);
    CHECK(r.weights[0] == Approx(0.5));
    CHECK(r.weights[1] == Approx(0.5));
    CHECK(r.weights[2] == Approx(0.25));
    CHECK(r.weights[3] == Approx(0.75));
    CHECK(r.y[0] == Approx(heads == 1 ? 8.0 : 23.0));
    CHECK(r.y[1] == Approx(heads == 1 ? 10.0 : 25.0));
  }
}

// The definition, with the heads really put side by side before one product with W^O.
TEST_CASE("attention is concat(heads) times W^O", "[nn][attention]") {
  const std::size_t n = 3, m = 5, in = 4, h = 3, dk = 2, dv = 4, out = 6;
  const attention<double, num::reference> a{
      {.in = in, .heads = h, .key_width = dk, .value_width = dv, .out = out}};
  const auto q = rows_of<double>(n, in, 1), k = rows_of<double>(m, in, 2),
             v = rows_of<double>(m, in, 3);
  const auto r = infer(a, q, k, v);
  const auto project = [&](const num::tensor<double>& x, std::size_t row, nn::parameter w,
                           std::size_t column) {
    double sum = 0.0;
    for (std::size_t i = 0; i < in; ++i) sum += x(row, i) * a.store.value(w)(i, column);
    return sum;
  };
  for (std::size_t row = 0; row < n; ++row) {
    std::vector<double> heads;
    for (std::size_t i = 0; i < h; ++i) {
      std::vector<double> w(m);
      double total = 0.0;
      for (std::size_t j = 0; j < m; ++j) {
        double score = 0.0;
        for (std::size_t c = 0; c < dk; ++c) {
          score += project(q, row, a.net.query(i), c) * project(k, j, a.net.key(i), c);
        }
        total += w[j] = std::exp(score / std::sqrt(2.0));
      }
      for (std::size_t j = 0; j < m; ++j) {
        CHECK(r.weights[(i * n + row) * m + j] == Approx(w[j] / total).epsilon(1e-12));
      }
      for (std::size_t c = 0; c < dv; ++c) {
        double mean = 0.0;
        for (std::size_t j = 0; j < m; ++j) mean += w[j] / total * project(v, j, a.net.value(i), c);
        heads.push_back(mean);
      }
    }
    for (std::size_t c = 0; c < out; ++c) {
      double y = 0.0;
      for (std::size_t i = 0; i < h * dv; ++i) y += heads[i] * a.store.value(a.net.output())(i, c);
      CHECK(r.y(row, c) == Approx(y).epsilon(1e-12));
    }
  }
}

TEMPLATE_TEST_CASE("rows of the weights sum to one", "[nn][attention]", float, double) {
  using T = TestType;
  for (const double scale : {0.0, 50.0, -3.0}) {
    const attention<T> a{{.in = 8, .heads = 4, .key_width = 16, .out = 8, .scale = scale}};
    const auto x = rows_of<T>(9, 8, 4);
    const auto r = infer(a, x, x, x);
    for (std::size_t row = 0; row < 4 * 9; ++row) {
      double sum = 0.0;
      for (std::size_t j = 0; j < 9; ++j) {
        CHECK(r.weights[row * 9 + j] >= T(0));
        sum += double(r.weights[row * 9 + j]);
      }
      CHECK(sum == Approx(1.0).epsilon(1e-6));
    }
  }
}

TEST_CASE("attention moves with its queries and does not mind the order of keys",
          "[nn][attention]") {
  const attention<double> a{{.in = 6, .heads = 3, .key_width = 5, .value_width = 4, .out = 7}};
  const auto q = rows_of<double>(4, 6, 5), k = rows_of<double>(4, 6, 6),
             v = rows_of<double>(4, 6, 7);
  const std::initializer_list<std::size_t> order{2, 0, 3, 1};
  const auto still = infer(a, q, k, v);
  const auto moved = infer(a, shuffled(q, order), shuffled(k, order), shuffled(v, order));
  std::size_t row = 0;
  for (const std::size_t from : order) {
    for (std::size_t c = 0; c < 7; ++c) {
      CHECK(moved.y(row, c) == Approx(still.y(from, c)).epsilon(1e-12).margin(1e-13));
    }
    std::size_t column = 0;
    for (const std::size_t other : order) {
      for (std::size_t i = 0; i < 3; ++i) {
        CHECK(moved.weights[(i * 4 + row) * 4 + column] ==
              Approx(still.weights[(i * 4 + from) * 4 + other]).epsilon(1e-12));
      }
      ++column;
    }
    ++row;
  }
}

TEMPLATE_TEST_CASE("with and without a tape attention computes the same bits", "[nn][attention]",
                   float, double) {
  using T = TestType;
  for (const std::size_t n : {1U, 2U, 13U}) {
    for (const std::size_t m : {1U, 7U, 20U}) {
      const attention<T> a{{.in = 11, .heads = 3, .key_width = 9, .value_width = 10, .out = 5}};
      const auto q = rows_of<T>(n, 11, n), k = rows_of<T>(m, 11, m), v = rows_of<T>(m, 11, 9);
      const auto r = infer(a, q, k, v);
      ad::tape<T> tape;
      const auto y = a.net.forward(tape, tape.constant(q.view()), tape.constant(k.view()),
                                   tape.constant(v.view()));
      CHECK(y.shape() == num::shape{n, 5});
      CHECK(std::equal(r.y.span().begin(), r.y.span().end(), y.value().data()));
    }
  }
}

namespace {

/// Largest relative error of the gradients of all parameters against central differences.
template <class A>
double worst_parameter(A& a, const num::tensor<double>& q, const num::tensor<double>& k,
                       const num::tensor<double>& v) {
  ad::tape<double, typename A::layer::backend_type> tape;
  const auto loss = [&] {
    tape.reset();
    return ad::mean(ad::square(a.net.forward(tape, tape.constant(q.view()), tape.constant(k.view()),
                                             tape.constant(v.view()))));
  };
  a.store.zero_grads();
  tape.backward(loss());
  double worst = 0.0;
  for (const auto& entry : a.store.entries()) {
    for (std::size_t i = 0; i < entry.shape.size(); ++i) {
      double& p = a.store.values()[entry.offset + i];
      const double old = p, h = 0x1p-10;
      const auto at = [&](double distance) {
        p = old + distance;
        const double y = loss().item();
        p = old;
        return y;
      };
      const double want = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      const double got = a.store.grads()[entry.offset + i];
      const double size = std::max({std::abs(want), std::abs(got), 1e-4});
      worst = std::max(worst, std::abs(want - got) / size);
    }
  }
  return worst;
}

}  // namespace

TEMPLATE_TEST_CASE("gradients of attention agree with differences", "[nn][attention]", num::simd,
                   num::reference) {
  attention<double, TestType> a{{.in = 3, .heads = 2, .key_width = 4, .value_width = 2, .out = 3}};
  const auto q = rows_of<double>(4, 3, 1), k = rows_of<double>(5, 3, 2),
             v = rows_of<double>(5, 3, 3);
  CHECK(worst_parameter(a, q, k, v) < 1e-6);
  const auto apart = ad::check_gradient<TestType>(
      [&](auto x, auto y, auto z) { return a.net.forward(x.on(), x, y, z); }, q, k, v);
  INFO(apart.to_string());
  CHECK(apart.within(1e-6));
  const auto self =
      ad::check_gradient<TestType>([&](auto x) { return a.net.forward(x.on(), x, x, x); }, q);
  INFO(self.to_string());
  CHECK(self.within(1e-6));
}

TEST_CASE("attention does not allocate once warm", "[nn][attention]") {
  attention<float> a{{.in = 16, .heads = 4, .key_width = 8, .value_width = 8, .out = 16}};
  const auto x = rows_of<float>(10, 16, 1);
  num::tensor<float> y{{10, 16}};
  std::vector<float> room(a.net.workspace_size(10, 10));
  ad::tape<float> tape;
  const auto train = [&] {
    tape.reset();
    const auto in = tape.constant(x.view());
    a.store.zero_grads();
    tape.backward(ad::mean(ad::square(a.net.forward(tape, in, in, in))));
  };
  train();
  train();
  const muster::testing::no_alloc_scope scope;
  train();
  a.net.infer(x.view(), x.view(), x.view(), y.view(), room);
  const auto count = scope.allocations();
  CHECK(count == 0);
}

TEST_CASE("attention refuses what it cannot be", "[nn][attention]") {
  using support::breaks;
  nn::parameter_store<float> store;
  using layer = nn::multi_head_attention<float>;
  CHECK(breaks("no heads", [&] { layer(store, "a", {.heads = 0}); }));
  CHECK(breaks("no heads", [&] { layer(store, "a", {.key_width = 0}); }));
  CHECK(breaks("finite scale", [&] { layer(store, "a", {.scale = HUGE_VAL}); }));
  const attention<float> a{{.in = 3, .heads = 2, .key_width = 2, .value_width = 2, .out = 1}};
  CHECK(a.store.entries()[4].name == "attention.1.key");
  CHECK(a.store.entries()[6].name == "attention.output");
  const auto x = rows_of<float>(2, 3, 1), wide = rows_of<float>(2, 4, 1);
  num::tensor<float> y{{2, 1}};
  std::vector<float> room(a.net.workspace_size(2, 2));
  CHECK(breaks("reshape", [&] { a.net.infer(wide.view(), x.view(), x.view(), y.view(), room); }));
  CHECK(breaks("workspace", [&] {
    a.net.infer(x.view(), x.view(), x.view(), y.view(), std::span{room}.first(room.size() - 1));
  }));
  CHECK(breaks("writes weights",
               [&] { a.net.infer(x.view(), x.view(), x.view(), y.view(), room, y.view()); }));
}
