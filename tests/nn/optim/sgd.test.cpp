// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/nn/optim/sgd.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "support/catch.hpp"

namespace nn = muster::nn;

namespace {
template <class T>
std::vector<double> path(nn::sgd<T> opt, std::initializer_list<double> gradients) {
  nn::parameter_store<T> store;
  const auto p = store.add("p", {1});
  store.commit();
  store.value(p)[0] = T(1);
  opt.reserve(store);
  std::vector<double> values;
  for (const double g : gradients) {
    store.grad(p)[0] = static_cast<T>(g);
    opt.step(store);
    values.push_back(static_cast<double>(store.value(p)[0]));
  }
  return values;
}
}  // namespace

TEMPLATE_TEST_CASE("three steps of SGD", "[nn][optim]", float, double) {
  const auto v = path<TestType>(nn::sgd<TestType>{{.rate = 0.1}}, {0.5, -0.25, 1.0});
  CHECK(v[0] == Approx(0.95).epsilon(1e-6));
  CHECK(v[1] == Approx(0.975).epsilon(1e-6));
  CHECK(v[2] == Approx(0.875).epsilon(1e-6));
}

// u = 0.5; 0.9 * 0.5 - 0.25 = 0.2; 0.9 * 0.2 + 1 = 1.18
TEMPLATE_TEST_CASE("three steps of SGD with momentum", "[nn][optim]", float, double) {
  const auto v =
      path<TestType>(nn::sgd<TestType>{{.rate = 0.1, .momentum = 0.9}}, {0.5, -0.25, 1.0});
  CHECK(v[0] == Approx(0.95).epsilon(1e-6));
  CHECK(v[1] == Approx(0.93).epsilon(1e-6));
  CHECK(v[2] == Approx(0.812).epsilon(1e-6));
}

TEST_CASE("SGD applies both scales and does not allocate", "[nn][optim]") {
  nn::parameter_store<> store;
  const auto p = store.add("p", {1});
  store.commit();
  store.grad(p)[0] = 8.0F;
  nn::sgd<> opt{store, {.rate = 0.5, .momentum = 0.5}};
  muster::testing::no_alloc_scope watch;
  opt.step(store, 0.25, 0.125);  // u = 1, p = -0.5 * 0.25 * 1
  const auto allocations = watch.allocations();
  CHECK(allocations == 0);
  CHECK(store.value(p)[0] == -0.125F);
  CHECK(opt.steps() == 1);
}
