// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <cmath>
#include <limits>
#include <muster/nn/optim/clip_norm.hpp>
#include <muster/nn/optim/sgd.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "support/catch.hpp"

namespace nn = muster::nn;

namespace {
struct model {
  nn::parameter_store<> store;
  nn::parameter a = store.add("a", {2});
  nn::parameter b = store.add("b", {1});
  model() {
    store.commit();
    store.grad(a)[0] = 2.0F;
    store.grad(a)[1] = -3.0F;
    store.grad(b)[0] = 6.0F;  // norm sqrt(4 + 9 + 36) = 7, over both parameters
  }
};
}  // namespace

TEST_CASE("the norm is that of all parameters together", "[nn][optim]") {
  model m;
  const auto over = nn::clip_norm(m.store, 3.5);
  CHECK(over.norm == Approx(7.0).epsilon(1e-6));
  CHECK(over.scale == Approx(0.5).epsilon(1e-6));
  CHECK(over.finite);
  CHECK(m.store.grad(m.a)[0] == 2.0F);  // not touched

  nn::sgd<> opt{{.rate = 1.0}};
  opt.step(m.store, 1.0, over.scale);
  const float x = m.store.value(m.a)[0];
  const float y = m.store.value(m.a)[1];
  const float z = m.store.value(m.b)[0];
  CHECK(std::sqrt(x * x + y * y + z * z) == Approx(3.5).epsilon(1e-6));
}

TEST_CASE("a short gradient keeps its length exactly", "[nn][optim]") {
  model m;
  CHECK(nn::clip_norm(m.store, 7.5).scale == 1.0);
  CHECK(nn::clip_norm(m.store, std::numeric_limits<double>::infinity()).scale == 1.0);
  m.store.zero_grads();
  const auto none = nn::clip_norm(m.store, 1.0);
  CHECK(none.norm == 0.0);
  CHECK(none.scale == 1.0);
  CHECK(none.finite);
}

TEST_CASE("a gradient that is not finite is reported, wherever it is", "[nn][optim]") {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity(), 1e30F /* its square overflows */})
    for (std::size_t i = 0; i < 3; ++i) {
      model m;
      (i < 2 ? m.store.grad(m.a)[i] : m.store.grad(m.b)[0]) = bad;
      const auto g = nn::clip_norm(m.store, 1.0);
      CHECK_FALSE(g.finite);
      CHECK(std::isnan(g.scale));
    }
}

TEST_CASE("clip_norm does not allocate", "[nn][optim]") {
  model m;
  double sum = 0.0;
  muster::testing::no_alloc_scope watch;
  sum += nn::clip_norm(m.store, 1.0).norm;
  const auto allocations = watch.allocations();
  CHECK(allocations == 0);
  CHECK(sum > 0.0);
}
