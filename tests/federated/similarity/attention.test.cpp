// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <cmath>
#include <limits>
#include <muster/core/thread_pool.hpp>
#include <muster/federated/similarity/attention.hpp>
#include <muster/federated/similarity/cosine.hpp>
#include <muster/testing/no_alloc_scope.hpp>
#include <vector>

#include "federated/planted_clients.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"

namespace fed = muster::federated;
using fed::attention_similarity;
using muster_test::judge, muster_test::planted_clients, muster_test::weights_of;

namespace {

fed::model_set set_of(const std::vector<std::vector<float>>& models,
                      std::vector<std::span<const float>>& views, const std::vector<float>& global,
                      const std::vector<std::size_t>& layers = {}) {
  views.assign(models.begin(), models.end());
  return {views, global, layers, nullptr};
}
double sum(const std::vector<double>& w, std::size_t row, std::size_t count) {
  double total = 0.0;
  for (std::size_t j = 0; j < count; ++j) total += w[row * count + j];
  return total;
}

}  // namespace

// One head with so many columns that each of the few numbers has its own: the projection loses
// nothing, and the score is the cosine. Changes (3, 4), (4, 3) and (-4, 3): cosines 24/25, 0 and
// -7/25.
TEST_CASE("attention by hand: without collisions it is the cosine of changes",
          "[federated][similarity]") {
  const std::vector<std::vector<float>> models{{13, 4}, {14, 3}, {6, 3}};
  std::vector<std::span<const float>> views;
  const std::vector<float> global{10, 0};
  const auto set = set_of(models, views, global);
  const attention_similarity rule{{.heads = 1, .key_width = 32768, .temperature = 0.5}};
  const auto w = weights_of(rule, set);
  const double expected[3][3] = {{1, 24.0 / 25, 0}, {24.0 / 25, 1, -7.0 / 25}, {0, -7.0 / 25, 1}};
  for (std::size_t k = 0; k < 3; ++k) {
    double total = 0.0;
    for (std::size_t j = 0; j < 3; ++j) total += std::exp(expected[k][j] / 0.5);
    for (std::size_t j = 0; j < 3; ++j) {
      CHECK(w[k * 3 + j] == Approx(std::exp(expected[k][j] / 0.5) / total).epsilon(1e-12));
    }
  }
}

// Layers (a, b) and (c): model 0 changes by (3, 4 | 200), model 1 by (4, 3 | -1). Divided by their
// root mean squares 5/sqrt(2), 200 and 5/sqrt(2), 1: product 2 * 24/25 - 1, squares 2 + 1.
TEST_CASE("in each layer parameters count alike", "[federated][similarity]") {
  const std::vector<std::vector<float>> models{{3, 4, 200}, {4, 3, -1}};
  std::vector<std::span<const float>> views;
  const std::vector<float> global(3);
  const attention_similarity rule{{.heads = 1, .key_width = 32768, .temperature = 1.0}};
  const std::vector<std::size_t> layers{0, 2, 3};
  const auto w = weights_of(rule, set_of(models, views, global, layers));
  CHECK(std::log(w[0] / w[1]) == Approx(1.0 - (48.0 / 25 - 1.0) / 3.0));
  const auto one_layer = weights_of(rule, set_of(models, views, global));
  CHECK(std::log(one_layer[0] / one_layer[1]) ==
        Approx(1.0 - (24.0 - 200.0) / std::sqrt(40025.0 * 26.0)));
}

TEST_CASE("projections keep cosines, by the width that was promised", "[federated][similarity]") {
  // Log ratios of weights are differences of cosines; compare with the whole vectors'.
  double squares = 0.0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const planted_clients p{{.noise = 1.0}, seed};
    const double temperature = 1000.0;  // so that the mean over heads is one of scores
    const auto w = weights_of(
        attention_similarity{
            {.heads = 4, .key_width = 64, .temperature = temperature, .seed = seed}},
        p.set());
    const auto exact = weights_of(
        fed::cosine_similarity{{.temperature = temperature, .of = fed::compared::changes}},
        p.set());
    const double error = temperature * (std::log(w[2] / w[0]) - std::log(exact[2] / exact[0]));
    squares += error * error / 50;
  }
  CHECK(std::sqrt(squares) == Approx(1.0 / 16).epsilon(0.25));  // 1 / sqrt(4 * 64)
}

TEST_CASE("rows add up to one and follow the order of the models", "[federated][similarity]") {
  planted_clients p{{.clients = 7, .numbers = 999, .common = 1.0}, 5};
  const auto before = weights_of(attention_similarity{}, p.set());
  for (std::size_t k = 0; k < 7; ++k) {
    CHECK(sum(before, k, 7) == Approx(1.0).epsilon(1e-14));
    for (std::size_t j = 0; j < 7; ++j) CHECK(before[k * 7 + j] >= 0.0);
  }
  const std::vector<std::size_t> order{3, 0, 6, 1, 5, 2, 4};
  const auto views = p.views;
  for (std::size_t k = 0; k < 7; ++k) p.views[k] = views[order[k]];
  const auto after = weights_of(attention_similarity{}, p.set());
  for (std::size_t k = 0; k < 7; ++k) {
    for (std::size_t j = 0; j < 7; ++j) {
      CHECK(after[k * 7 + j] == Approx(before[order[k] * 7 + order[j]]).epsilon(1e-12));
    }
  }
}

TEST_CASE("threads change nothing, and nothing allocates once warm", "[federated][similarity]") {
  const planted_clients p{{.clients = 9, .numbers = 5003, .loud = 70}, 2};
  const auto alone = weights_of(attention_similarity{}, p.set());
  muster::thread_pool pool{4};
  auto set = p.set();
  set.pool = &pool;
  attention_similarity rule;
  std::vector<double> w(81);
  rule.weigh(set, w);
  CHECK(w == alone);
  const muster::testing::no_alloc_scope scope;
  rule.weigh(set, w);
  const auto count = scope.allocations_by_all_threads();
  CHECK(count == 0);
  CHECK(w == alone);
}

TEST_CASE("temperature goes from the own model to the plain mean", "[federated][similarity]") {
  const planted_clients p{{.clients = 5, .common = 3.0, .noise = 0.5}, 1};
  const auto cold = weights_of(
      attention_similarity{{.temperature = std::numeric_limits<double>::denorm_min()}}, p.set());
  const auto hot = weights_of(attention_similarity{{.temperature = HUGE_VAL}}, p.set());
  for (std::size_t k = 0; k < 5; ++k) {
    for (std::size_t j = 0; j < 5; ++j) {
      CHECK(cold[k * 5 + j] == (j == k ? 1.0 : 0.0));
      CHECK(hot[k * 5 + j] == Approx(0.2).epsilon(1e-15));
    }
  }
}

TEST_CASE("equal models share equally, and one that did not change listens to all",
          "[federated][similarity]") {
  const std::vector<float> global(500, 1.0F);
  std::vector<float> moved(500);
  for (std::size_t i = 0; i < 500; ++i) moved[i] = static_cast<float>(i % 7);
  std::vector<std::span<const float>> views;
  for (const double w : weights_of(attention_similarity{}, set_of({3, moved}, views, global))) {
    CHECK(w == Approx(1.0 / 3).epsilon(1e-15));
  }
  const std::vector<std::vector<float>> models{moved, global, moved};
  const auto w = weights_of(attention_similarity{}, set_of(models, views, global));
  for (std::size_t j = 0; j < 3; ++j) CHECK(w[3 + j] == Approx(1.0 / 3).epsilon(1e-15));
  CHECK(w[0] == w[2]);
  CHECK(std::log(w[0] / w[1]) == Approx(1.0 / 0.125));
}

// The change of a clone is the environment's direction, of length 1, and its noise, of length 2:
// the cosine of two clones is 1/5, that of strangers 0, each give or take 1/32.
TEST_CASE("attention finds the clone under noise twice as large", "[federated][similarity]") {
  const auto by = [](std::size_t key_width) {
    return [=](std::uint64_t seed) {
      return attention_similarity{{.key_width = key_width, .seed = seed}};
    };
  };
  const auto usual = judge({}, by(256));
  CHECK(usual.found == 100);
  CHECK(usual.clone / usual.stranger == Approx(std::exp(0.2 / 0.125)).epsilon(0.2));
  CHECK(judge({}, by(64)).found < 97);
  CHECK(judge({.clients = 12}, by(256)).found >= 99);
  // What all environments teach alike, and one who learns slowly, do not hide it.
  CHECK(judge({.common = 2.0}, by(256)).found >= 98);
  CHECK(judge({.slow = 0.25}, by(256)).found == 100);
  // A layer of noise does where layers are not told apart.
  const muster_test::planted_config loud{.loud = 65};
  CHECK(judge(loud, by(256)).found == 100);
  CHECK(judge(loud, by(256), false).found < 50);
}

TEST_CASE("attention refuses a configuration that cannot be", "[federated][similarity]") {
  using support::breaks;
  CHECK(breaks("needs heads", [] { attention_similarity{{.heads = 0}}; }));
  CHECK(breaks("needs heads", [] { attention_similarity{{.key_width = 0}}; }));
  CHECK(breaks("32768", [] { attention_similarity{{.heads = 2, .key_width = 32768}}; }));
  CHECK(breaks("temperature", [] { attention_similarity{{.temperature = 0.0}}; }));
  CHECK(breaks("temperature", [] { attention_similarity{{.temperature = NAN}}; }));
}
