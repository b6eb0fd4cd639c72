// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <cmath>
#include <muster/autodiff/ops.hpp>
#include <muster/nn/layer_norm.hpp>
#include <muster/num/tensor.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include "support/catch.hpp"

namespace nn = muster::nn;
namespace num = muster::num;

// (1, 2, 3, 6): mean 3, variance (4 + 1 + 0 + 9) / 4 = 3.5. A constant row becomes the bias.
TEMPLATE_TEST_CASE("layer norm centres and scales each row", "[nn][layer_norm]", float, double) {
  using T = TestType;
  nn::parameter_store<T> store;
  nn::layer_norm<T> norm{store, "norm", {.width = 4}};
  store.commit();
  norm.initialise();
  store.value(norm.gain())[3] = T(2);
  store.value(norm.bias())[0] = T(10);
  num::tensor<T> x{{2, 4}, T(5)};
  const T row[4] = {1, 2, 3, 6};
  for (std::size_t i = 0; i < 4; ++i) x[i] = row[i];
  const double s = std::sqrt(3.5 + 1e-5);
  const double out[8] = {10.0 - 2.0 / s, -1.0 / s, 0.0, 6.0 / s, 10.0, 0.0, 0.0, 0.0};

  num::tensor<T> y{{2, 4}};
  num::tensor<T> room{{norm.workspace_size(2)}};
  {
    muster::testing::no_alloc_scope watch;
    norm.infer(x.view(), y.view(), room.span());
    const auto allocations = watch.allocations();
    CHECK(allocations == 0);
  }
  for (std::size_t i = 0; i < 8; ++i) CHECK(y[i] == Approx(out[i]).margin(1e-5));

  muster::autodiff::tape<T> tape;
  const auto z = norm.forward(tape, tape.constant(x.view()));
  for (std::size_t i = 0; i < 8; ++i) CHECK(z.value()[i] == y[i]);
  // loss = sum(y): the bias gets the number of rows, the gain the sum of normalised values.
  tape.backward(muster::autodiff::sum(z));
  CHECK(store.grad(norm.bias())[1] == Approx(2.0));
  CHECK(store.grad(norm.gain())[3] == Approx(3.0 / s).epsilon(1e-5));
  CHECK(store.entries()[0].name == "norm.gain");
}
