// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/weighted_mean.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include <cmath>
#include <limits>

#include "federated/aggregators/by_hand.hpp"

using muster::federated::weighted_mean;

TEST_CASE("weighted_mean obeys the laws of aggregator", "[federated][laws]") {
  for (const std::size_t clients : {2U, 9U, 29U}) {  // groups of 12, of 4, and single ones
    muster::testing::check_aggregator_laws([] { return weighted_mean{}; }, {.clients = clients}, 5,
                                           [&](const char* law, bool holds) {
                                             INFO(law << ", " << clients << " clients");
                                             CHECK(holds);
                                           });
  }
}

TEST_CASE("the mean has no defence, and the law of robust rules says so", "[federated][laws]") {
  bool held = true;
  muster::testing::check_robust_laws([] { return weighted_mean{}; },
                                     {.clients = 9, .outliers = 1, .beyond_range = 1.0}, 5,
                                     [&](const char*, bool holds) { held = held && holds; });
  CHECK_FALSE(held);
}

TEST_CASE("a weighted mean by hand", "[federated][weighted_mean]") {
  weighted_mean mean;
  // (1 * 1 + 3 * 5) / 4 = 4, (1 * 2 + 3 * -2) / 4 = -1; the global model plays no part
  CHECK(aggregated(mean, {{9, 9}, {{7, 1.0, {1, 2}}, {2, 3.0, {5, -2}}}}) ==
        std::vector<float>{4, -1});
  // equal weights, whatever they are: the plain mean
  CHECK(aggregated(mean, {{0}, {{0, 1e300, {1}}, {1, 1e300, {2}}, {2, 1e300, {6}}}}) ==
        std::vector<float>{3});
  CHECK(aggregated(mean, {{0}, {{0, 1e-290, {1}}, {1, 1e-290, {2}}, {2, 1e-290, {6}}}}) ==
        std::vector<float>{3});
  // a client without weight is in the round, but not in the mean
  CHECK(aggregated(mean, {{0}, {{0, 0.0, {1e30F}}, {1, 2.0, {2}}}}) == std::vector<float>{2});
}

TEST_CASE("the mean of the greatest floats is one of them", "[federated][weighted_mean]") {
  const float most = (std::numeric_limits<float>::max)();
  weighted_mean mean;
  CHECK(aggregated(mean, {{0}, {{0, 1.0, {most}}, {1, 1.0, {most}}, {2, 1.0, {most}}}}) ==
        std::vector<float>{most});
  CHECK(aggregated(mean, {{0}, {{0, 1.0, {most}}, {1, 1.0, {-most}}}}) == std::vector<float>{0});
}

TEST_CASE("the mean is rounded once, however many clients there are", "[federated]") {
  const muster::testing::aggregator_case c{.clients = 1000, .numbers = 50};
  muster::testing::random_round r{c, 3};
  weighted_mean mean;
  std::vector<float> next(c.numbers);
  REQUIRE(mean.aggregate(r.view(), next).has_value());
  for (std::size_t i = 0; i < c.numbers; ++i) {
    long double sum = 0.0L, weight = 0.0L;
    for (std::size_t k = 0; k < c.clients; ++k) {
      const long double w = static_cast<long double>(r.updates()[k].weight);
      sum += w * static_cast<long double>(r.model(k)[i]);
      weight += w;
    }
    const long double exact = sum / weight;
    const long double error = std::abs(static_cast<long double>(next[i]) - exact);
    CHECK(error <= 6.0e-8L * std::abs(exact) + 1e-13L);  // half a unit of the last place
  }
}

TEST_CASE("a round says what is wrong with it", "[federated][weighted_mean]") {
  weighted_mean mean;
  CHECK(refused(mean, {{0}, {}}) == "round: has no updates; expected at least one");
  CHECK(refused(mean, {{0, 0}, {{12, 1.0, {1, 2, 3}}}}) ==
        "client 12: sent 3 numbers; expected 2, as the global model has");
  CHECK(refused(mean, {{0}, {{4, -1.0, {1}}}}) ==
        "client 4: has the weight -1.000000; expected a finite number, 0 or more");
  CHECK(refused(mean, {{0}, {{4, 0.0, {1}}, {5, 0.0, {1}}}}) ==
        "round: has weights that sum to zero; expected at least one update with a positive weight");
  CHECK(refused(mean, {{0}, {{4, 1.0, {1}}, {3, 1.0, {1}}, {4, 1.0, {1}}}}) ==
        "client 4: stands in the round twice; expected one update per client");
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(refused(mean, {{0, 0}, {{8, 1.0, {1, 2}}, {7, 1.0, {1, -infinity}}}}) ==
        "client 7: has -inf at position 1; expected finite numbers");
  // +inf - inf is no number; the first by id is named
  CHECK(refused(mean, {{0}, {{8, 1.0, {infinity}}, {7, 1.0, {-infinity}}}}) ==
        "client 7: has -inf at position 0; expected finite numbers");
}
