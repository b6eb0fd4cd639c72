// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <cmath>
#include <vector>

#include <muster/autodiff/check_gradient.hpp>
#include <muster/kmps/target_scorer.hpp>
#include <muster/nn/init.hpp>
#include <muster/num/backend/reference.hpp>

using namespace muster;

namespace {

template <class T, class Backend>
struct made {
  nn::parameter_store<T, Backend> store;
  kmps::target_scorer<T, Backend> net;
  explicit made(std::uint64_t seed)
      : net{store,
            "scorer",
            {.layout = {.request = 3, .per_target = 4, .targets = 5}, .first = 8, .second = 6}} {
    store.commit();
    rng g{seed};
    net.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
  }
};

template <class T>
std::vector<T> noise(std::size_t n, std::uint64_t seed) {
  rng g{seed};
  std::vector<T> x(n);
  for (T& v : x) v = static_cast<T>(2.0 * uniform01(g) - 1.0);
  return x;
}

}  // namespace

TEST_CASE("target_scorer: exchanging targets exchanges their scores", "[kmps][target_scorer]") {
  made<double, num::reference> m{3};
  REQUIRE(m.net.in() == 23);
  REQUIRE(m.net.out() == 5);
  auto x = noise<double>(23, 1);
  std::vector<double> y(5), z(5), work(m.net.workspace_size(1));
  const num::shape in{1, 23}, out{1, 5};
  m.net.infer({x.data(), in}, {y.data(), out}, work);
  for (std::size_t i = 0; i < 4; ++i) std::swap(x[3 + 4 * 1 + i], x[3 + 4 * 3 + i]);
  m.net.infer({x.data(), in}, {z.data(), out}, work);
  CHECK(z[1] == Approx(y[3]).epsilon(1e-12));
  CHECK(z[3] == Approx(y[1]).epsilon(1e-12));
  CHECK(z[0] == Approx(y[0]).epsilon(1e-12));
  CHECK(y[0] != Approx(y[1]));
}

TEST_CASE("target_scorer: the tape and inference agree, for one row and many",
          "[kmps][target_scorer]") {
  made<float, num::simd> m{5};
  const std::size_t rows = 7;
  const auto x = noise<float>(rows * 23, 2);
  std::vector<float> y(rows * 5), one(5), work(m.net.workspace_size(rows));
  m.net.infer({x.data(), num::shape{rows, 23}}, {y.data(), num::shape{rows, 5}}, work);
  typename kmps::target_scorer<>::tape_type tape;
  const auto v =
      m.net.forward(tape, tape.constant(num::view<const float>{x.data(), {rows, 23}})).value();
  for (std::size_t i = 0; i < y.size(); ++i) CHECK(v[i] == Approx(y[i]).margin(1e-5));
  m.net.infer({x.data() + 23 * 4, num::shape{1, 23}}, {one.data(), num::shape{1, 5}}, work);
  for (std::size_t i = 0; i < 5; ++i) CHECK(one[i] == Approx(y[20 + i]).margin(1e-5));
}

TEST_CASE("target_scorer: gradients of all parameters match finite differences",
          "[kmps][target_scorer]") {
  made<double, num::reference> m{9};
  const auto x = noise<double>(2 * 23, 4);
  using tape_type = typename kmps::target_scorer<double, num::reference>::tape_type;
  const auto loss = [&] {
    tape_type tape;
    const auto s = m.net.forward(tape, tape.constant(num::view<const double>{x.data(), {2, 23}}));
    return sum(square(s)).value()[0];
  };
  m.store.zero_grads();
  tape_type tape;
  tape.backward(
      sum(square(m.net.forward(tape, tape.constant(num::view<const double>{x.data(), {2, 23}})))));
  const auto values = m.store.values();
  const auto grads = m.store.grads();
  double worst = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double kept = values[i];
    const double h = 1e-6;
    values[i] = kept + h;
    const double up = loss();
    values[i] = kept - h;
    const double down = loss();
    values[i] = kept;
    const double numeric = (up - down) / (2.0 * h);
    worst = (std::max)(worst, std::abs(numeric - grads[i]) / (1.0 + std::abs(numeric)));
  }
  CHECK(worst < 1e-6);
}

TEST_CASE("target_scorer: thousands of targets go in blocks and score as on the tape",
          "[kmps][target_scorer]") {
  const std::size_t targets = 1100;  // not a multiple of the block
  nn::parameter_store<float> store;
  kmps::target_scorer<> net{
      store, "scorer", {.layout = {.request = 3, .per_target = 4, .targets = targets}}};
  store.commit();
  rng g{3};
  net.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
  const std::size_t rows = 2;
  const auto x = noise<float>(rows * net.in(), 6);
  std::vector<float> y(rows * targets), work(net.workspace_size(rows));
  net.infer({x.data(), num::shape{rows, net.in()}}, {y.data(), num::shape{rows, targets}}, work);
  typename kmps::target_scorer<>::tape_type tape;
  const auto v =
      net.forward(tape, tape.constant(num::view<const float>{x.data(), {rows, net.in()}})).value();
  bool alike = true;
  for (std::size_t i = 0; i < y.size(); ++i) alike = alike && std::abs(v[i] - y[i]) < 1e-4F;
  CHECK(alike);
  CHECK(y[0] != y[1]);
}
