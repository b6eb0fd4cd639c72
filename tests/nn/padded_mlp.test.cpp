// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <cmath>
#include <muster/autodiff/check_gradient.hpp>
#include <muster/autodiff/ops.hpp>
#include <muster/nn/init.hpp>
#include <muster/nn/padded_mlp.hpp>
#include <muster/num/tensor.hpp>
#include <muster/testing/no_alloc_scope.hpp>
#include <vector>

#include "support/catch.hpp"

namespace nn = muster::nn;
namespace num = muster::num;
namespace ad = muster::autodiff;

namespace {

const std::vector<std::uint32_t> live{0, 3, 4, 7};
constexpr std::size_t width = 9;

// Rows of live entries, and the same rows with the padding in its place.
struct rows {
  num::tensor<double> given, padded;
  explicit rows(std::size_t n, std::uint64_t seed) : given{{n, live.size()}}, padded{{n, width}} {
    muster::rng g{seed};
    for (double& v : padded.span()) v = -1.0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < live.size(); ++k) {
        const double v = 2.0 * muster::uniform01(g) - 1.0;
        given.span()[i * live.size() + k] = v;
        padded.span()[i * width + live[k]] = v;
      }
    }
  }
};

template <class Network>
struct model {
  nn::parameter_store<double> store;
  Network net;
  explicit model(const typename Network::config& c) : net{store, "net", c} {
    store.commit();
    muster::rng g{7};
    net.initialise(nn::orthogonal{}, nn::orthogonal{0.5}, g);
  }
};
using padded = model<nn::padded_mlp<double>>;
using plain = model<nn::mlp<double>>;

}  // namespace

TEST_CASE("a padded MLP is an MLP that is spared the padding", "[nn][padded_mlp]") {
  for (const std::vector<std::size_t>& hidden :
       {std::vector<std::size_t>{}, {6}, {6, 20}, {6, 5, 4}}) {
    padded a{{.width = width,
              .live = live,
              .padding = -1.0,
              .out = 3,
              .hidden = hidden,
              .hidden_activation = num::activation::tanh}};
    plain b{{.in = width, .out = 3, .hidden = hidden, .hidden_activation = num::activation::tanh}};
    CHECK(a.store.same_layout(b.store));
    const auto same = [](const auto& x, const auto& y) {
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (std::abs(x.data()[i] - y.data()[i]) > 1e-12) return false;
      }
      return x.size() == y.size();
    };
    CHECK(same(a.store.values(), b.store.values()));
    for (const std::size_t n : {1U, 2U, 33U}) {
      const rows x{n, 3};
      num::tensor<double> ya{{n, 3}}, yb{{n, 3}};
      std::vector<double> room_a(a.net.workspace_size(n)), room_b(b.net.workspace_size(n));
      a.net.infer(x.given.view(), ya.view(), room_a);
      b.net.infer(x.padded.view(), yb.view(), room_b);
      CHECK(same(ya.span(), yb.span()));

      ad::tape<double> tape_a, tape_b;
      const auto fa = a.net.forward(tape_a, tape_a.constant(x.given.view()));
      const auto fb = b.net.forward(tape_b, tape_b.constant(x.padded.view()));
      CHECK(same(fa.value(), yb.span()));
      a.store.zero_grads();
      b.store.zero_grads();
      tape_a.backward(ad::sum(fa * fa));
      tape_b.backward(ad::sum(fb * fb));
      CHECK(same(a.store.grads(), b.store.grads()));
    }
  }
}

TEST_CASE("a row alone and a padded MLP without padding", "[nn][padded_mlp]") {
  padded all{{.width = width, .out = 2, .hidden = {5}}};
  plain b{{.in = width, .out = 2, .hidden = {5}}};
  CHECK(all.net.in() == width);
  const rows x{1, 9};
  double ya[2], yb[2];
  std::vector<double> room_a(all.net.workspace_size(1)), room_b(b.net.workspace_size(1));
  all.net.infer(x.padded.span(), std::span<double>{ya}, room_a);
  b.net.infer(x.padded.span(), std::span<double>{yb}, room_b);
  CHECK(ya[0] == Approx(yb[0]).epsilon(1e-12));
  CHECK(ya[1] == Approx(yb[1]).epsilon(1e-12));
}

TEST_CASE("inference of a padded MLP does not allocate", "[nn][padded_mlp][alloc]") {
  padded a{{.width = width, .live = live, .out = 3, .hidden = {6, 20}}};
  const rows x{17, 3};
  num::tensor<double> y{{17, 3}};
  std::vector<double> room(a.net.workspace_size(17));
  a.net.infer(x.given.view(), y.view(), room);
  const muster::testing::no_alloc_scope watch;
  a.net.infer(x.given.view(), y.view(), room);
  const auto count = watch.allocations();
  CHECK(count == 0);
}
