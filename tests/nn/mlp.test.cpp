// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <cmath>
#include <muster/autodiff/ops.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/nn/init.hpp>
#include <muster/nn/mlp.hpp>
#include <muster/nn/optim/adam.hpp>
#include <muster/nn/optim/clip_norm.hpp>
#include <muster/num/backend/reference.hpp>
#include <muster/num/tensor.hpp>
#include <muster/testing/no_alloc_scope.hpp>
#include <vector>

#include "nn/far_backend.hpp"
#include "support/catch.hpp"

namespace nn = muster::nn;
namespace num = muster::num;
namespace ad = muster::autodiff;

static_assert(muster::network<nn::mlp<double, num::reference>>);

namespace {

template <class T, class Backend = num::simd>
struct model {
  nn::parameter_store<T, Backend> store;
  nn::mlp<T, Backend> net;
  explicit model(typename nn::mlp<T, Backend>::config c, std::uint64_t seed = 1)
      : net{store, "net", c} {
    store.commit();
    muster::rng g{seed};
    net.initialise(nn::orthogonal{}, nn::orthogonal{0.5}, g);
  }
};

template <class T>
num::tensor<T> uniform_rows(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  num::tensor<T> x{{rows, columns}};
  muster::rng g{seed};
  for (T& v : x.span()) v = static_cast<T>(2.0 * muster::uniform01(g) - 1.0);
  return x;
}

}  // namespace

// x = (1, -2); hidden = relu(x W0 + b0) with W0 = (1 -1; 0 2), b0 = (0.5, 1): relu(1.5, -4) =
// (1.5, 0); y = hidden W1 + b1 with W1 = (2; 7), b1 = -1: 2.
TEST_CASE("an MLP by hand", "[nn][mlp]") {
  nn::parameter_store<double> store;
  nn::mlp<double> net{store, "actor", {.in = 2, .out = 1, .hidden = {2}}};
  store.commit();
  const auto set = [&](std::size_t which, std::initializer_list<double> values) {
    std::size_t i = 0;
    for (const double v : values)
      store.value(nn::parameter{static_cast<std::uint32_t>(which)})[i++] = v;
  };
  set(0, {1, -1, 0, 2});
  set(1, {0.5, 1});
  set(2, {2, 7});
  set(3, {-1});
  CHECK(store.entries()[2].name == "actor.1.weight");
  CHECK(store.count() == 9);
  const double x[2] = {1, -2};
  double y = 0.0;
  std::vector<double> room(net.workspace_size(1));
  net.infer(std::span<const double>{x}, std::span<double>{&y, 1}, room);
  CHECK(y == Approx(2.0));
}

TEMPLATE_TEST_CASE("with and without a tape an MLP computes the same", "[nn][mlp]", float, double) {
  using T = TestType;
  for (const std::size_t layers : {0U, 1U, 2U, 3U, 4U})
    for (const std::size_t rows : {1U, 2U, 17U}) {
      std::vector<std::size_t> hidden{9, 32, 5, 12};
      hidden.resize(layers);
      model<T> m{{.in = 7, .out = 3, .hidden = hidden, .hidden_activation = num::activation::tanh}};
      const auto x = uniform_rows<T>(rows, 7, 5);
      num::tensor<T> y{{rows, 3}};
      num::tensor<T> room{{m.net.workspace_size(rows)}};
      m.net.infer(x.view(), y.view(), room.span());
      ad::tape<T> tape;
      const auto z = m.net.forward(tape, tape.constant(x.view()));
      INFO(layers << " hidden layers, " << rows << " rows");
      for (std::size_t i = 0; i < y.size(); ++i) CHECK(z.value()[i] == y[i]);
      // Each row alone gives its part of the batch, up to the order of sums.
      num::tensor<T> one{{3}};
      m.net.infer(num::view<const T>{x.view().row(rows - 1)}, one.view(), room.span());
      for (std::size_t i = 0; i < 3; ++i)
        CHECK(one[i] == Approx(y[(rows - 1) * 3 + i]).margin(1e-5));
    }
}

TEST_CASE("gradients of an MLP agree with finite differences", "[nn][mlp]") {
  for (const auto f : {num::activation::tanh, num::activation::softplus, num::activation::elu}) {
    model<double> m{{.in = 3, .out = 2, .hidden = {5, 4}, .hidden_activation = f}};
    const auto x = uniform_rows<double>(6, 3, 2);
    const auto target = uniform_rows<double>(6, 2, 3);
    ad::tape<double> tape;
    const auto loss = [&] {
      tape.reset();
      return ad::mean(
          ad::square(m.net.forward(tape, tape.constant(x.view())) - tape.constant(target.view())));
    };
    m.store.zero_grads();
    tape.backward(loss());
    double worst = 0.0;
    for (const auto& e : m.store.entries())
      for (std::size_t i = e.offset; i < e.offset + e.shape.size(); ++i) {
        double& p = m.store.values()[i];
        const double old = p;
        const double h = 1e-5;
        p = old + h;
        const double up = loss().item();
        p = old - h;
        const double down = loss().item();
        p = old;
        worst = std::max(worst, std::abs((up - down) / (2 * h) - m.store.grads()[i]));
      }
    CHECK(worst < 1e-8);
  }
}

TEST_CASE("inference does not allocate", "[nn][mlp]") {
  const model<float> m{{.in = 120, .out = 19, .hidden = {256, 128, 32}}};
  const auto x = uniform_rows<float>(8, 120, 5);
  num::tensor<float> y{{8, 19}};
  num::tensor<float> room{{m.net.workspace_size(8)}};
  // a first call may set up what a backend keeps, such as packing memory
  m.net.infer(x.view(), y.view(), room.span());
  muster::testing::no_alloc_scope watch;
  m.net.infer(x.view(), y.view(), room.span());
  for (std::size_t r = 0; r < 8; ++r)
    m.net.infer(num::view<const float>{x.view().row(r)}, num::view<float>{y.view().row(r)},
                room.span());
  const auto allocations = watch.allocations();
  CHECK(allocations == 0);
}

namespace {

// y = sin(3 x) on [-1, 1], learned by two hidden layers.
struct fit {
  model<float> m{
      {.in = 1, .out = 1, .hidden = {32, 32}, .hidden_activation = num::activation::tanh}};
  nn::adam<> optimiser{m.store, {.rate = 3e-3}};
  muster::rng g;
  std::uint64_t step = 0;
  ad::tape<float> tape;
  num::tensor<float> x{{64, 1}};
  num::tensor<float> y{{64, 1}};
  nn::checkpoint file{"sine"};

  explicit fit(std::uint64_t seed) : g{seed} {
    file.add(m.store);
    file.add("adam", m.store, optimiser);
    file.add("rng", g);
    file.add("step", step);
  }
  float train(int steps) {
    float last = 0.0F;
    for (; steps > 0; --steps, ++step) {
      for (std::size_t i = 0; i < 64; ++i) {
        x[i] = static_cast<float>(2.0 * muster::uniform01(g) - 1.0);
        y[i] = std::sin(3.0F * x[i]);
      }
      tape.reset();
      const auto loss = ad::mean(
          ad::square(m.net.forward(tape, tape.constant(x.view())) - tape.constant(y.view())));
      m.store.zero_grads();
      tape.backward(loss);
      const auto norm = nn::clip_norm(m.store, 1.0);
      REQUIRE(norm.finite);
      optimiser.step(m.store, 1.0, norm.scale);
      last = loss.item();
    }
    return last;
  }
};

}  // namespace

TEST_CASE("an MLP learns a sine", "[nn][mlp]") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    fit f{seed};
    const float before = f.train(1);
    const float after = f.train(1500);
    CHECK(before > 0.1F);
    CHECK(after < 1e-3F);
  }
}

TEST_CASE("a training step does not allocate once warm", "[nn][mlp]") {
  fit f{1};
  f.train(3);
  muster::testing::no_alloc_scope watch;
  f.train(3);
  const auto allocations = watch.allocations();
  CHECK(allocations == 0);
}

TEST_CASE("a network in training can be stopped and resumed", "[nn][mlp][checkpoint]") {
  fit whole{5};
  whole.train(60);
  fit first{5};
  first.train(30);
  const std::string file = first.file.bytes();
  fit second{77};
  second.train(7);
  REQUIRE(second.file.restore(std::as_bytes(std::span{file}), "memory").has_value());
  second.train(30);
  CHECK(second.file.bytes() == whole.file.bytes());
}

// The backend's memory cannot be read by this process: layers, tape, optimiser, norm and
// checkpoint must leave every element to the backend. Its numbers are those of `reference`.
TEST_CASE("networks train in memory that the host cannot touch", "[nn][mlp]") {
  using far = testing_support::far_backend;
  const nn::mlp<float>::config shape{
      .in = 3, .out = 2, .hidden = {8, 8}, .hidden_activation = num::activation::tanh};
  const auto x = uniform_rows<float>(10, 3, 4);
  const auto train = [&](auto backend) {
    using B = decltype(backend);
    model<float, B> m{{.in = shape.in,
                       .out = shape.out,
                       .hidden = shape.hidden,
                       .hidden_activation = shape.hidden_activation}};
    nn::adam<float, B> optimiser{m.store, {.rate = 0.01}};
    ad::tape<float, B> tape;
    const nn::detail::block<float, B> input{backend, x.size()};
    const nn::detail::block<float, B> output{backend, 20};
    const nn::detail::block<float, B> room{backend, m.net.workspace_size(10)};
    const num::view<float> rows = input.view().reshaped(x.shape());
    backend.upload(x.span(), rows);
    for (int step = 0; step < 5; ++step) {
      tape.reset();
      const auto loss = ad::mean(ad::square(m.net.forward(tape, tape.constant(rows))));
      m.store.zero_grads();
      tape.backward(loss);
      optimiser.step(m.store, 1.0, nn::clip_norm(m.store, 0.1).scale);
    }
    m.net.infer(rows, output.view().reshaped({10, 2}),
                std::span<float>{room.view().data(), room.view().size()});
    std::vector<float> y(20);
    backend.download(num::view<const float>{output.view()}, std::span<float>{y});
    nn::checkpoint file{"far"};
    file.add(m.store);
    file.add("adam", m.store, optimiser);
    const std::string bytes = file.bytes();
    REQUIRE(file.restore(std::as_bytes(std::span{bytes}), "memory").has_value());
    CHECK(file.bytes() == bytes);
    return std::pair{y, bytes};
  };
  CHECK(train(far{}) == train(num::reference{}));
}
