// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/coordinate_median.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include "federated/aggregators/by_hand.hpp"

using muster::federated::coordinate_median;

namespace {
const auto judge = [](const char* law, bool holds) {
  INFO(law);
  CHECK(holds);
};
}  // namespace

TEST_CASE("coordinate_median obeys the laws of aggregator", "[federated][laws]") {
  for (const std::size_t clients : {2U, 9U, 100U}) {  // sorted up to 96, selected beyond
    muster::testing::check_aggregator_laws([] { return coordinate_median{}; }, {.clients = clients},
                                           5, judge);
  }
}

TEST_CASE("fewer than half that lie leave the median among the others", "[federated][laws]") {
  const auto make = [] { return coordinate_median{}; };
  muster::testing::check_robust_laws(make, {.clients = 11, .outliers = 5, .beyond_range = 0.0}, 3,
                                     judge);
  muster::testing::check_robust_laws(make, {.clients = 100, .outliers = 49, .beyond_range = 0.0}, 3,
                                     judge);
}

TEST_CASE("medians by hand", "[federated][coordinate_median]") {
  coordinate_median a;
  // each number by itself; weights do not matter
  CHECK(aggregated(a, {{0, 0}, {{0, 9.0, {5, -1}}, {1, 1.0, {1, 7}}, {2, 0.0, {3, 0}}}}) ==
        std::vector<float>{3, 0});
  // of an even number, the middle between the two in the middle
  CHECK(aggregated(a, {{0}, {{0, 1.0, {10}}, {1, 1.0, {1}}, {2, 1.0, {4}}, {3, 1.0, {2}}}}) ==
        std::vector<float>{3});
  CHECK(aggregated(a, {{0}, {{4, 1.0, {-3e38F}}, {7, 1.0, {3e38F}}}}) == std::vector<float>{0});
}
