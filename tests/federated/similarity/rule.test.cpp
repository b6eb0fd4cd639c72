// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <limits>
#include <muster/federated/aggregators/attention.hpp>
#include <muster/federated/similarity/rule.hpp>
#include <vector>

#include "support/catch.hpp"

namespace fed = muster::federated;

namespace {

/// A rule as a user would write one: everyone listens to whoever moved least.
struct calmest {
  struct config {};
  calmest() = default;
  explicit calmest(config) {}
  void weigh(const fed::model_set& set, std::span<double> weights) const {
    const std::size_t count = set.models.size();
    std::size_t calm = 0;
    double least = HUGE_VAL;
    for (std::size_t k = 0; k < count; ++k) {
      double moved = 0.0;
      for (std::size_t i = 0; i < set.global.size(); ++i) {
        moved += std::abs(double(set.models[k][i]) - double(set.global[i]));
      }
      if (moved < least) least = moved, calm = k;
    }
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = i % count == calm ? 1.0 : 0.0;
  }
};
static_assert(fed::similarity_rule<calmest>);
struct without_weigh {};
static_assert(!fed::similarity_rule<without_weigh>);

}  // namespace

TEST_CASE("a rule of one's own fits into the aggregator", "[federated][similarity]") {
  const std::vector<float> global{1, 1}, wild{9, -9}, calm{2, 1};
  const std::array updates{
      muster::model_update{.client = muster::client_id{7}, .values = wild},
      muster::model_update{.client = muster::client_id{2}, .values = calm},
  };
  fed::attention_aggregator<calmest> a;
  std::vector<float> next(2);
  REQUIRE(a.aggregate({updates, global, nullptr}, next).has_value());
  CHECK(next == calm);
  CHECK(a.weights()(0, 0) == 0.0);
  CHECK(a.weights()(0, 1) == 1.0);
  CHECK(a.weights()(1, 1) == 1.0);
}

TEST_CASE("what is compared are values or changes", "[federated][similarity]") {
  const std::vector<float> global{1, 2, 3}, one{4, 4, 4};
  const std::array<std::span<const float>, 1> models{one};
  std::array<double, 2> out{};
  fed::detail::take({models, global, {}, nullptr}, fed::compared::values, 0, 1, out);
  CHECK(out == std::array{4.0, 4.0});
  fed::detail::take({models, global, {}, nullptr}, fed::compared::changes, 0, 1, out);
  CHECK(out == std::array{2.0, 1.0});
}

// exp(0) : exp(ln 3) = 1 : 3 at temperature 1; at temperature 1/2 the square, 1 : 9.
TEST_CASE("scores become weights by softmax", "[federated][similarity]") {
  const auto weights = [](double a, double b, double temperature) {
    std::array row{a, b};
    fed::detail::softmax(row, temperature);
    return row;
  };
  CHECK(weights(0.0, std::log(3.0), 1.0)[1] == Approx(0.75));
  CHECK(weights(1e6, 1e6 + std::log(3.0), 0.5)[1] == Approx(0.9).epsilon(1e-8));
  CHECK(weights(-5.0, 7.0, HUGE_VAL) == std::array{0.5, 0.5});
  CHECK(weights(-5.0, -4.999, std::numeric_limits<double>::denorm_min()) == std::array{0.0, 1.0});
}

// Two heads of width 1, two models. Head 1: query 1, keys 0 and ln 3: weights 1/4, 3/4. Head 2:
// query 2, keys 0 and 0: 1/2, 1/2. Mean: 3/8, 5/8. Where head 2's query is 0, head 1 decides
// alone, and where both are, nobody does.
TEST_CASE("heads are averaged, and blind ones have no say", "[federated][similarity]") {
  const std::vector<double> keys{0.0, 0.0, std::log(3.0), 0.0};
  const auto row = [&](double first, double second) {
    const std::array query{first, second};
    std::array<double, 2> weights{}, scores{};
    fed::detail::attend(query, keys, 2, 1.0, weights, scores);
    return weights;
  };
  CHECK(row(1.0, 2.0)[0] == Approx(3.0 / 8));
  CHECK(row(1.0, 2.0)[1] == Approx(5.0 / 8));
  CHECK(row(1.0, 0.0)[1] == Approx(6.0 / 8));
  CHECK(row(0.0, 2.0) == std::array{0.5, 0.5});
  CHECK(row(0.0, 0.0) == std::array{0.5, 0.5});
}
