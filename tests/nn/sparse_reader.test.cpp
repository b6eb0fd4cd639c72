// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <cmath>
#include <limits>
#include <muster/nn/init.hpp>
#include <muster/nn/sparse_reader.hpp>
#include <muster/testing/no_alloc_scope.hpp>
#include <vector>

#include "support/catch.hpp"

namespace nn = muster::nn;
namespace num = muster::num;

namespace {

struct model {
  nn::parameter_store<float> store;
  nn::padded_mlp<float> net;
  explicit model(const nn::padded_mlp<float>::config& c, std::uint64_t seed = 7)
      : net{store, "net", c} {
    store.commit();
    muster::rng g{seed};
    net.initialise(nn::orthogonal{}, nn::orthogonal{0.5}, g);
  }
  std::vector<float> dense(const std::vector<float>& x) const {
    std::vector<float> y(net.out()), room(net.workspace_size(1));
    net.infer(std::span<const float>{x}, std::span<float>{y}, room);
    return y;
  }
};

// Every third entry is zero.
std::vector<float> state(std::size_t n, std::uint64_t seed) {
  muster::rng g{seed};
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = i % 3 == 1 ? 0.0F : static_cast<float>(2.0 * muster::uniform01(g) - 1.0);
  }
  return x;
}

}  // namespace

// hidden = relu(x W0 + b0) for x = (1, 0, -2) of which -2 meets weights (0, 2): relu((3 1) +
// 1 (1, -1) - 2 (0, 2)) = relu(4, -4) = (4, 0); y = 4 * 5 + 0.5.
TEST_CASE("a sparse reader by hand", "[nn][sparse_reader]") {
  model m{{.width = 3, .out = 1, .hidden = {2}}};
  const auto set = [&](std::uint32_t which, std::initializer_list<float> values) {
    std::size_t i = 0;
    for (const float v : values) m.store.value(nn::parameter{which})[i++] = v;
  };
  set(0, {1, -1, 100, 100, 0, 2});
  set(1, {3, 1});
  set(2, {5, 9});
  set(3, {0.5});
  nn::sparse_reader<float> reader;
  reader.take(m.net);
  float y = 0.0F;
  const float x[3] = {1, 0, -2};
  reader.read(x, {&y, 1});
  CHECK(y == Approx(20.5));
}

TEST_CASE("a sparse reader answers as its network does", "[nn][sparse_reader]") {
  nn::sparse_reader<float> reader;  // one after another: shapes may change
  for (const std::vector<std::size_t>& hidden :
       {std::vector<std::size_t>{}, {64}, {7, 33}, {64, 16, 5}}) {
    for (const auto f : {num::activation::relu, num::activation::tanh}) {
      model m{{.width = 40,
               .live = {1, 2, 3, 10, 11, 12, 13, 30, 39},
               .out = 8,
               .hidden = hidden,
               .hidden_activation = f}};
      reader.take(m.net);
      for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto x = state(m.net.in(), seed);
        const auto expected = m.dense(x);
        std::vector<float> y(m.net.out());
        reader.read(x, y);
        bool close = true;
        for (std::size_t i = 0; i < y.size(); ++i) {
          close = close && std::abs(y[i] - expected[i]) < 1e-5F;
        }
        CHECK(close);
      }
    }
  }
}

TEST_CASE("a sparse reader hides no NaN and keeps what it took", "[nn][sparse_reader]") {
  model m{{.width = 4, .out = 2, .hidden = {3}}};
  nn::sparse_reader<float> reader;
  reader.take(m.net);
  std::vector<float> x{0.1F, std::numeric_limits<float>::quiet_NaN(), 0.0F, 0.3F}, y(2), again(2);
  reader.read(x, y);
  CHECK(std::isnan(y[0]));

  x[1] = 0.2F;
  reader.read(x, y);
  m.store.backend().fill(m.store.values(), 0.0F);
  reader.read(x, again);
  CHECK(y == again);
}

TEST_CASE("a sparse reader allocates once", "[nn][sparse_reader][alloc]") {
  model m{{.width = 40, .live = {1, 5, 9, 30}, .out = 8, .hidden = {64}}};
  nn::sparse_reader<float> reader;
  reader.take(m.net);
  const auto x = state(4, 1);
  std::vector<float> y(8);
  const muster::testing::no_alloc_scope watch;
  reader.take(m.net);
  reader.read(x, y);
  const auto count = watch.allocations();
  CHECK(count == 0);
}
