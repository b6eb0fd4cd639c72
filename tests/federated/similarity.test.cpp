// SPDX-License-Identifier: Apache-2.0
// Figs. 11 to 13 of PFRL-DM in small: four critics, two of which were trained in the same
// environment, and what each rule makes of them.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <muster/autodiff/ops.hpp>
#include <muster/core/distributions.hpp>
#include <muster/federated/aggregators/attention.hpp>
#include <muster/federated/similarity.hpp>
#include <muster/nn/flat_parameters.hpp>
#include <muster/nn/init.hpp>
#include <muster/nn/mlp.hpp>
#include <muster/nn/optim/adam.hpp>
#include <muster/num/tensor.hpp>
#include <span>
#include <vector>

#include "support/catch.hpp"

namespace fed = muster::federated;
namespace nn = muster::nn;
namespace num = muster::num;
namespace ad = muster::autodiff;

namespace {

constexpr std::size_t states = 12;

/// States in a range of their own, worth a level and a few bends. Half of what a client sees of
/// the value is chance, as returns are.
struct world {
  std::array<double, states> mean{}, bend{};
  double level = 0.0;
  explicit world(std::uint64_t seed) {
    muster::rng g{seed, 77};
    for (double& m : mean) m = muster::normal{0.5, 0.3}(g);
    for (double& b : bend) b = muster::normal{0.0, 0.6}(g);
    level = muster::normal{-3.0, 1.0}(g);
  }
  void draw(muster::rng& g, num::tensor<float>& x, num::tensor<float>& y) const {
    for (std::size_t r = 0; r < x.shape()[0]; ++r) {
      double value = level;
      for (std::size_t i = 0; i < states; ++i) {
        const double s = mean[i] + muster::normal{0.0, 0.3}(g);
        x(r, i) = static_cast<float>(s);
        value += std::sin(3.0 * s) * bend[i];
      }
      y(r, 0) = static_cast<float>(value + muster::normal{0.0, 1.0}(g));
    }
  }
};

struct critic {
  nn::parameter_store<float> store;
  nn::mlp<float> net{
      store,
      "critic",
      {.in = states, .out = 1, .hidden = {32}, .hidden_activation = num::activation::tanh}};
  critic() {
    store.commit();
    muster::rng g{1};
    net.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
  }
  void train(const world& w, muster::rng g, int steps) {
    nn::adam<float> optimiser{store, {.rate = 1e-3}};
    num::tensor<float> x{{32, states}}, y{{32, 1}};
    ad::tape<float> tape;
    for (int i = 0; i < steps; ++i) {
      w.draw(g, x, y);
      tape.reset();
      store.zero_grads();
      const auto v = net.forward(tape, tape.constant(x.view()));
      tape.backward(ad::mean(ad::square(v - tape.constant(y.view()))));
      optimiser.step(store);
    }
  }
};

/// Clients 0 and 1 live in one world, 2 and 3 each in another.
struct study {
  critic start;
  std::vector<std::size_t> layers;
  std::vector<float> global;
  std::array<std::vector<float>, 4> models;
  std::uint64_t seed;

  explicit study(std::uint64_t s) : seed{s} {
    const nn::flat_parameters part{start.store};
    layers.assign(part.boundaries().begin(), part.boundaries().end());
    global.resize(part.size());
    part.read(global);
    models.fill(global);
  }
  void train(std::uint64_t round) {
    for (std::size_t k = 0; k < 4; ++k) {
      const nn::flat_parameters part{start.store};
      part.write(models[k]);
      start.train(world{10 * seed + (k < 2 ? 0 : k)}, muster::rng{seed}.fork(k).fork(round), 60);
      part.read(models[k]);
    }
  }
  template <class Rule>
  [[nodiscard]] std::vector<double> weights(Rule rule) const {
    const std::vector<std::span<const float>> views(models.begin(), models.end());
    std::vector<double> w(16);
    rule.weigh({views, global, layers, nullptr}, w);
    return w;
  }
};

/// Clients 0 and 1 give each other more than they give anyone else.
bool found(std::span<const double> w) {
  return w[1] > w[2] && w[1] > w[3] && w[4] > w[6] && w[4] > w[7];
}
/// What 0 gives to its clone, as a multiple of what the best stranger gets.
double contrast(std::span<const double> w) { return w[1] / std::max(w[2], w[3]); }

}  // namespace

TEST_CASE("which rules find the critic trained in the same environment",
          "[federated][similarity]") {
  constexpr int seeds = 8;
  int by_attention = 0, by_changes = 0, by_literal = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    study s{seed};
    s.train(0);
    const auto attention = s.weights(fed::attention_similarity{});
    const auto changes = s.weights(fed::cosine_similarity{{.of = fed::compared::changes}});
    const auto values = s.weights(fed::cosine_similarity{});
    const auto divergence = s.weights(fed::kl_similarity{});
    by_attention += found(attention);
    by_changes += found(changes);
    by_literal += found(s.weights(fed::literal_attention{}));
    // What is compared makes the difference: changes, not values.
    CHECK(contrast(attention) > 1.5);
    CHECK(contrast(changes) > 1.5);
    CHECK(contrast(values) < 1.3);
    CHECK(contrast(values) < contrast(attention));
    CHECK(contrast(divergence) < contrast(attention));
  }
  CHECK(by_attention == seeds);
  CHECK(by_changes == seeds);
  CHECK(by_literal < seeds);
}

TEST_CASE("round after round the clones stay together", "[federated][similarity]") {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    study s{seed};
    fed::attention_aggregator<> aggregator{{.layers = s.layers}};
    std::vector<float> next(s.global.size());
    for (std::uint64_t round = 0; round < 4; ++round) {
      s.train(round);
      std::array<muster::model_update, 4> updates{};
      for (std::uint32_t k = 0; k < 4; ++k) {
        updates[k] = {.client = muster::client_id{k}, .values = s.models[k]};
      }
      REQUIRE(aggregator.aggregate({updates, s.global, nullptr}, next).has_value());
      CHECK(found(aggregator.weights().span()));
      s.global = next;
      for (std::size_t k = 0; k < 4; ++k) {
        s.models[k].assign(aggregator.personal(k).begin(), aggregator.personal(k).end());
      }
    }
    // As each starts from its own model, strangers drift apart until they no longer listen.
    CHECK(aggregator.weights()(0, 1) > 0.35);
    CHECK(aggregator.weights()(2, 2) > 0.9);
  }
}
