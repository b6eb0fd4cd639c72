// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/ops.hpp>
#include <muster/nn/dense.hpp>
#include <muster/nn/init.hpp>
#include <muster/num/tensor.hpp>

#include "support/catch.hpp"

namespace nn = muster::nn;
namespace num = muster::num;

namespace {
// W = (1 2 3; 4 5 6), b = (0.5, -20, 0)
template <class T>
struct layer {
  nn::parameter_store<T> store;
  nn::dense<T> dense;
  explicit layer(num::activation f) : dense{store, "layer", {2, 3, f}} {
    store.commit();
    for (std::size_t i = 0; i < 6; ++i) store.value(dense.weight())[i] = static_cast<T>(i + 1);
    store.value(dense.bias())[0] = T(0.5);
    store.value(dense.bias())[1] = T(-20);
  }
};
}  // namespace

TEMPLATE_TEST_CASE("a dense layer is act(x W + b)", "[nn][dense]", float, double) {
  using T = TestType;
  const layer<T> linear{num::activation::identity};
  const layer<T> relu{num::activation::relu};
  num::tensor<T> x{{2, 2}};
  const T in[4] = {1, 1, 2, -1};
  for (std::size_t i = 0; i < 4; ++i) x[i] = in[i];
  // rows: (5, 7, 9) and (-2, -1, 0), then the bias
  const double out[6] = {5.5, -13.0, 9.0, -1.5, -21.0, 0.0};
  num::tensor<T> y{{2, 3}};
  linear.dense.infer(x.view(), y.view());
  for (std::size_t i = 0; i < 6; ++i) CHECK(y[i] == Approx(out[i]));
  relu.dense.infer(x.view(), y.view());
  for (std::size_t i = 0; i < 6; ++i) CHECK(y[i] == Approx(out[i] > 0 ? out[i] : 0.0));
  // one row without a batch axis
  num::tensor<T> one{{3}};
  linear.dense.infer(num::view<const T>{x.data(), {2}}, one.view());
  for (std::size_t i = 0; i < 3; ++i) CHECK(one[i] == Approx(out[i]));
  CHECK(linear.dense.workspace_size(100) == 0);
}

// loss = sum of y over rows x = (1, 1) and (2, -1): dW[i][j] = sum of x_i = (3, 0), db = 2.
// With ReLU only y = 5.5 and 9 of the first row are positive: dW = (1 0 1; 1 0 1), db = (1 0 1).
TEST_CASE("gradients of a dense layer reach the store", "[nn][dense]") {
  num::tensor<double> x{{2, 2}};
  const double in[4] = {1, 1, 2, -1};
  for (std::size_t i = 0; i < 4; ++i) x[i] = in[i];
  const double expected[2][9] = {{3, 3, 3, 0, 0, 0, 2, 2, 2}, {1, 0, 1, 1, 0, 1, 1, 0, 1}};
  for (const int k : {0, 1}) {
    layer<double> l{k == 0 ? num::activation::identity : num::activation::relu};
    muster::autodiff::tape<double> tape;
    const auto y = l.dense.forward(tape, tape.constant(x.view()));
    num::tensor<double> ones{{2, 3}, 1.0};
    tape.backward(muster::autodiff::sum(y * tape.constant(ones.view())));
    for (std::size_t i = 0; i < 6; ++i)
      CHECK(l.store.grad(l.dense.weight())[i] == Approx(expected[k][i]).margin(1e-12));
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(l.store.grad(l.dense.bias())[i] == Approx(expected[k][6 + i]).margin(1e-12));
  }
}

TEST_CASE("a dense layer starts with the drawn weights and no bias", "[nn][dense]") {
  layer<float> l{num::activation::identity};
  muster::rng g{1};
  l.dense.initialise(nn::constant{0.25}, g);
  for (const float w : l.store.value(l.dense.weight()).span()) CHECK(w == 0.25F);
  for (const float b : l.store.value(l.dense.bias()).span()) CHECK(b == 0.0F);
  CHECK(l.store.entries()[0].name == "layer.weight");
  CHECK(l.store.entries()[1].name == "layer.bias");
}
