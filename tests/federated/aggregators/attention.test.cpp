// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <muster/core/thread_pool.hpp>
#include <muster/federated/aggregators/attention.hpp>
#include <muster/federated/similarity/cosine.hpp>
#include <muster/testing/laws/aggregator.hpp>
#include <span>
#include <string>
#include <vector>

#include "federated/aggregators/by_hand.hpp"
#include "federated/planted_clients.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"

namespace fed = muster::federated;
using fed::attention_aggregator;
using muster::client_id, muster::model_update, muster::aggregation_round;
using muster_test::planted_clients;

static_assert(muster::personalising_aggregator<attention_aggregator<fed::cosine_similarity>>);

namespace {

/// Weights that are known beforehand, in the order of ids.
struct known_weights {
  struct config {
    std::vector<double> matrix;
  };
  std::vector<double> matrix;
  known_weights() = default;
  explicit known_weights(config c) : matrix{std::move(c.matrix)} {}
  void weigh(const fed::model_set&, std::span<double> weights) const {
    std::copy(matrix.begin(), matrix.end(), weights.begin());
  }
};

std::vector<model_update> updates_of(const planted_clients& p) {
  std::vector<model_update> u;
  for (std::size_t k = 0; k < p.models.size(); ++k) {
    u.push_back(
        {.client = client_id{static_cast<std::uint32_t>(10 + 3 * k)}, .values = p.models[k]});
  }
  return u;
}
bool equal(std::span<const float> a, std::span<const float> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

TEST_CASE("attention_aggregator obeys the laws of aggregator", "[federated][laws]") {
  const auto report = [](const char* law, bool holds) {
    INFO(law);
    CHECK(holds);
  };
  muster::testing::check_aggregator_laws(
      [] {
        return attention_aggregator<>{{.layers = {0, 20'000, 20'011}}};
      },
      {}, 5, report);
  muster::testing::check_aggregator_laws(
      [] { return attention_aggregator<fed::cosine_similarity>{}; }, {.clients = 29}, 6, report);
}

// Models (8, 0), (4, 4), (0, 12) of the clients 2, 5, 9, weights by rows 1/2 1/4 1/4, 0 1 0,
// 1/4 1/4 1/2:
//   psi_2 = (4 + 1, 1 + 3) = (5, 4), psi_5 = (4, 4), psi_9 = (2 + 1, 1 + 6) = (3, 7)
//   mean (12/3, 15/3) = (4, 5)
TEST_CASE("Eqs. 21 and 22 by hand", "[federated][aggregators]") {
  const std::vector<float> a{8, 0}, b{4, 4}, c{0, 12}, global{1, 1};
  const std::array updates{
      model_update{.client = client_id{9}, .values = c},
      model_update{.client = client_id{2}, .values = a},
      model_update{.client = client_id{5}, .values = b},
  };
  attention_aggregator<known_weights> aggregator{
      {.similarity = {{0.5, 0.25, 0.25, 0.0, 1.0, 0.0, 0.25, 0.25, 0.5}}}};
  std::vector<float> next(2);
  REQUIRE(aggregator.aggregate({updates, global, nullptr}, next).has_value());
  CHECK(equal(next, std::vector<float>{4, 5}));
  CHECK(equal(aggregator.personal(0), std::vector<float>{3, 7}));  // client 9
  CHECK(equal(aggregator.personal(1), std::vector<float>{5, 4}));  // client 2
  CHECK(equal(aggregator.personal(2), std::vector<float>{4, 4}));  // client 5
  const std::vector<double> by_updates{0.5, 0.25, 0.25, 0.25, 0.5, 0.25, 0.0, 0.0, 1.0};
  const auto w = aggregator.weights();
  CHECK(std::vector<double>(w.span().begin(), w.span().end()) == by_updates);
}

// Two equal models x and one -x, global 0: cosines 1, 1, -1 whatever the projection is. With
// temperature 1/2 and e = exp(-4), the first gives (1, 1, e) / (2 + e), the last (e, e, 1) / (1 +
// 2 e): psi_1 = x (2 - e) / (2 + e), psi_3 = x (2 e - 1) / (1 + 2 e).
TEST_CASE("attention weights mix models by hand", "[federated][aggregators]") {
  std::vector<float> x(300), minus(300);
  for (std::size_t i = 0; i < 300; ++i) {
    x[i] = static_cast<float>(i % 11) - 4.0F;
    minus[i] = -x[i];
  }
  const std::vector<float> global(300);
  const std::array updates{
      model_update{.client = client_id{1}, .values = x},
      model_update{.client = client_id{2}, .values = x},
      model_update{.client = client_id{3}, .values = minus},
  };
  attention_aggregator<> aggregator{{.similarity = {.temperature = 0.5}}};
  std::vector<float> next(300);
  REQUIRE(aggregator.aggregate({updates, global, nullptr}, next).has_value());
  const double e = std::exp(-4.0);
  const double first = (2 - e) / (2 + e), last = (2 * e - 1) / (1 + 2 * e);
  for (const std::size_t i : {0U, 7U, 299U}) {
    const double value = x[i];
    CHECK(aggregator.personal(0)[i] == Approx(first * value).epsilon(1e-6));
    CHECK(aggregator.personal(1)[i] == Approx(first * value).epsilon(1e-6));
    CHECK(aggregator.personal(2)[i] == Approx(last * value).epsilon(1e-6));
    CHECK(next[i] == Approx((2 * first + last) / 3 * value).epsilon(1e-6));
  }
}

TEST_CASE("every personal model is the row of weights times the models",
          "[federated][aggregators]") {
  // Across several blocks of numbers and groups of clients.
  const planted_clients p{{.clients = 17, .numbers = 1300, .noise = 0.5}, 8};
  const auto updates = updates_of(p);
  attention_aggregator<> aggregator;
  std::vector<float> next(1300);
  REQUIRE(aggregator.aggregate({updates, p.global, nullptr}, next).has_value());
  const auto w = aggregator.weights();
  double worst = 0.0;
  for (std::size_t i = 0; i < 1300; ++i) {
    double mean = 0.0;
    for (std::size_t k = 0; k < 17; ++k) {
      double sum = 0.0;
      for (std::size_t j = 0; j < 17; ++j) sum += w(k, j) * double(p.models[j][i]);
      worst = std::max(worst, std::abs(double(aggregator.personal(k)[i]) - sum));
      mean += sum / 17;
    }
    worst = std::max(worst, std::abs(double(next[i]) - mean));
  }
  CHECK(worst < 1e-7);  // numbers below 2: half a unit in the last place is 6e-8
}

TEST_CASE("equal clients get their model back, and so does a single one",
          "[federated][aggregators]") {
  const planted_clients p{{.clients = 2, .numbers = 777}, 3};
  std::vector<model_update> updates;
  for (std::uint32_t k = 0; k < 7; ++k) {
    updates.push_back({.client = client_id{k}, .values = p.models[0]});
  }
  attention_aggregator<> aggregator;
  std::vector<float> next(777);
  for (const std::size_t count : {7U, 3U, 1U}) {
    const auto some = std::span{updates}.first(count);
    REQUIRE(aggregator.aggregate({some, p.global, nullptr}, next).has_value());
    CHECK(equal(next, p.models[0]));
    for (std::size_t k = 0; k < count; ++k) CHECK(equal(aggregator.personal(k), p.models[0]));
  }
}

TEST_CASE("from the own model to the plain mean", "[federated][aggregators]") {
  const planted_clients p{{.clients = 4, .numbers = 500}, 3};
  const auto updates = updates_of(p);
  std::vector<float> next(500);
  attention_aggregator<> cold{
      {.similarity = {.temperature = std::numeric_limits<double>::denorm_min()}}};
  REQUIRE(cold.aggregate({updates, p.global, nullptr}, next).has_value());
  for (std::size_t k = 0; k < 4; ++k) CHECK(equal(cold.personal(k), p.models[k]));
  attention_aggregator<> hot{{.similarity = {.temperature = HUGE_VAL}}};
  REQUIRE(hot.aggregate({updates, p.global, nullptr}, next).has_value());
  for (std::size_t i = 0; i < 500; ++i) {
    double mean = 0.0;
    for (const auto& m : p.models) mean += double(m[i]) / 4;
    CHECK(next[i] == Approx(mean).epsilon(1e-6).margin(1e-7));
    CHECK(hot.personal(2)[i] == Approx(mean).epsilon(1e-6).margin(1e-7));
  }
}

TEST_CASE("neither the order of updates nor threads change a byte", "[federated][aggregators]") {
  const planted_clients p{{.clients = 9, .numbers = 3001, .loud = 40}, 6};
  auto updates = updates_of(p);
  attention_aggregator<> first{{.layers = p.layers}};
  std::vector<float> next(3001), again(3001);
  REQUIRE(first.aggregate({updates, p.global, nullptr}, next).has_value());
  muster::rng g{4};
  muster::thread_pool pool{3};
  attention_aggregator<> second{{.layers = p.layers}};
  for (int round = 0; round < 4; ++round) {
    for (std::size_t i = updates.size(); i > 1; --i) {
      std::swap(updates[i - 1], updates[static_cast<std::size_t>(muster::uniform_below(g, i))]);
    }
    const aggregation_round r{updates, p.global, round % 2 == 0 ? &pool : nullptr};
    REQUIRE(second.aggregate(r, again).has_value());
    CHECK(again == next);
    for (std::size_t i = 0; i < 9; ++i) {
      const std::size_t before = (muster::index_of(updates[i].client) - 10) / 3;
      CHECK(equal(second.personal(i), first.personal(before)));
      for (std::size_t j = 0; j < 9; ++j) {
        const std::size_t other = (muster::index_of(updates[j].client) - 10) / 3;
        CHECK(second.weights()(i, j) == first.weights()(before, other));
      }
    }
  }
}

TEST_CASE("what is wrong with a round is said, and the last round stays",
          "[federated][aggregators]") {
  attention_aggregator<> aggregator{{.layers = {0, 1, 3}}};
  const std::vector<float> global{1, 2, 3}, good{2, 3, 4};
  CHECK(aggregated(aggregator, {global, {{4, 1.0, good}}}) == good);
  CHECK(refused(aggregator, {global, {{4, 1.0, good}, {7, 1.0, {1, NAN, 1}}}}) ==
        "client 7: has nan at position 1; expected finite numbers");
  CHECK(refused(aggregator, {{1, 2, HUGE_VALF}, {{4, 1.0, good}}}).find("global model") == 0);
  CHECK(equal(aggregator.personal(0), good));
  CHECK(aggregator.weights()(0, 0) == 1.0);

  attention_aggregator<> other{{.layers = {0, 2}}};
  CHECK(refused(other, {global, {{4, 1.0, good}}}).find("end at 2, but the clients sent 3") !=
        std::string::npos);

  using support::breaks;
  CHECK(breaks("personal(i)", [&] { static_cast<void>(aggregator.personal(1)); }));
  CHECK(breaks("from 0", [] { attention_aggregator<>{{.layers = {1, 3}}}; }));
  CHECK(breaks("from 0", [] { attention_aggregator<>{{.layers = {0}}}; }));
  CHECK(breaks("rise", [] { attention_aggregator<>{{.layers = {0, 3, 3}}}; }));
}
