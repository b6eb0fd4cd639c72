// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/nn/optim/adam.hpp>
#include <muster/nn/optim/adamw.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "support/catch.hpp"

namespace nn = muster::nn;

namespace {
template <class T>
struct one_parameter {
  nn::parameter_store<T> store;
  nn::parameter p = store.add("p", {2});
  explicit one_parameter(T start) {
    store.commit();
    store.value(p)[0] = start;
  }
};
}  // namespace

// rate 0.1, p = 1, gradients 0.5, -0.25, 1. By hand for the first step: m = 0.05, v = 0.00025,
// corrected 0.5 and 0.25, so p = 1 - 0.1 * 0.5 / (0.5 + 1e-8) = 0.9 + 2e-9. Second: m = 0.02,
// v = 0.00031225, corrected 0.02 / 0.19 and 0.00031225 / 0.001999. Third: m = 0.118,
// v = 0.00131193775, corrected by 0.271 and 0.002997001.
TEMPLATE_TEST_CASE("three steps of Adam", "[nn][optim]", float, double) {
  one_parameter<TestType> m{TestType(1)};
  nn::adam<TestType> opt{m.store, {.rate = 0.1}};
  const double exact = sizeof(TestType) == 8 ? 1e-14 : 1e-6;
  const double expected[3] = {0.90000000199999997, 0.87336629870784632, 0.80755513967708981};
  const double gradient[3] = {0.5, -0.25, 1.0};
  for (int t = 0; t < 3; ++t) {
    m.store.grad(m.p)[0] = static_cast<TestType>(gradient[t]);
    opt.step(m.store);
    INFO("step " << t + 1);
    CHECK(m.store.value(m.p)[0] == Approx(expected[t]).epsilon(exact));
  }
  CHECK(opt.steps() == 3);
  double moment[2] = {};
  int k = 0;
  opt.for_each_moment([&](std::string_view, muster::num::view<TestType> v) {
    moment[k++] = static_cast<double>(v[0]);
  });
  CHECK(moment[0] == Approx(0.118).epsilon(exact));
  // 1 - 0.999 is 1.3e-5 of itself smaller in float; the correction undoes it in the step.
  CHECK(moment[1] == Approx(0.00131193775).epsilon(sizeof(TestType) == 8 ? 1e-14 : 2e-5));
  // No gradient, no value: the other element and the padding stay at zero.
  for (std::size_t i = 1; i < m.store.values().size(); ++i) REQUIRE(m.store.values()[i] == 0);
}

// As above with weight_decay 0.1: before each step p shrinks by 1 - 0.1 * 0.1 = 0.99; the part
// that comes from the gradient is the same as without decay.
TEMPLATE_TEST_CASE("three steps of AdamW", "[nn][optim]", float, double) {
  one_parameter<TestType> m{TestType(1)};
  nn::adamw<TestType> opt{{.rate = 0.1, .weight_decay = 0.1}};
  const double exact = sizeof(TestType) == 8 ? 1e-14 : 1e-6;
  const double expected[3] = {0.89000000199999996, 0.85446629868784629, 0.78011047667021127};
  const double gradient[3] = {0.5, -0.25, 1.0};
  for (int t = 0; t < 3; ++t) {
    m.store.grad(m.p)[0] = static_cast<TestType>(gradient[t]);
    opt.step(m.store);
    CHECK(m.store.value(m.p)[0] == Approx(expected[t]).epsilon(exact));
  }
  CHECK(nn::adamw<>{}.configuration().weight_decay == 0.01);
}

TEST_CASE("Adam scales the rate and the gradient where asked", "[nn][optim]") {
  // The first step is rate * sign(gradient) whatever the size, so half the rate is half the way...
  one_parameter<double> a{1.0};
  nn::adam<double> opt_a{{.rate = 0.1}};
  a.store.grad(a.p)[0] = 3.0;
  opt_a.step(a.store, 0.5);
  CHECK(a.store.value(a.p)[0] == Approx(0.95).epsilon(1e-8));
  // ...and the scale of the gradient shows in the moments: m = 0.1 * 0.25 * 3.
  one_parameter<double> b{1.0};
  nn::adam<double> opt_b{{.rate = 0.1}};
  b.store.grad(b.p)[0] = 3.0;
  opt_b.step(b.store, 1.0, 0.25);
  opt_b.for_each_moment([](std::string_view name, muster::num::view<double> v) {
    CHECK(v[0] == Approx(name == "mean" ? 0.075 : 0.0005625).epsilon(1e-14));
  });
  CHECK(b.store.grad(b.p)[0] == 3.0);
}

TEST_CASE("Adam walks down a valley", "[nn][optim]") {
  // f = (x - 3)^2 + 100 (y + 1)^2: one rate suits both directions
  one_parameter<double> m{0.0};
  nn::adam<double> opt{{.rate = 0.05}};
  for (int t = 0; t < 2000; ++t) {
    const auto x = m.store.value(m.p);
    m.store.grad(m.p)[0] = 2.0 * (x[0] - 3.0);
    m.store.grad(m.p)[1] = 200.0 * (x[1] + 1.0);
    opt.step(m.store);
  }
  CHECK(m.store.value(m.p)[0] == Approx(3.0).margin(1e-3));
  CHECK(m.store.value(m.p)[1] == Approx(-1.0).margin(1e-3));
}

TEST_CASE("a step of Adam does not allocate once its moments exist", "[nn][optim]") {
  one_parameter<float> m{1.0F};
  nn::adam<> opt;
  opt.reserve(m.store);
  muster::testing::no_alloc_scope watch;
  for (int t = 0; t < 5; ++t) opt.step(m.store, 0.5, 0.5);
  const auto allocations = watch.allocations();
  CHECK(allocations == 0);
}
