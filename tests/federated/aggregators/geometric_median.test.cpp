// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/geometric_median.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include <cmath>

#include "federated/aggregators/by_hand.hpp"

using muster::federated::geometric_median;

namespace {
const auto judge = [](const char* law, bool holds) {
  INFO(law);
  CHECK(holds);
};
geometric_median exact() { return geometric_median{{.tolerance = 1e-9, .iterations = 1000}}; }
}  // namespace

TEST_CASE("geometric_median obeys the laws of aggregator", "[federated][laws]") {
  muster::testing::check_aggregator_laws([] { return geometric_median{}; }, {}, 5, judge);
}

TEST_CASE("the geometric median withstands fewer than half", "[federated][laws]") {
  // Weights of honest clients are 1 to 9, of liars 1; 2 (1 - a) / (1 - 2 a) rises with a, so the
  // bound for equal weights holds.
  const auto bound = [](double n, double f) { return 2.0 * (n - f) / (n - 2.0 * f); };
  const auto make = [] { return geometric_median{}; };
  muster::testing::check_robust_laws(make, {.clients = 11, .outliers = 2, .distance = bound(11, 2)},
                                     3, judge);
  muster::testing::check_robust_laws(make, {.clients = 11, .outliers = 5, .distance = bound(11, 5)},
                                     3, judge);
}

// The point that sees the sides of a triangle under 120 degrees each. For legs of length 1 along
// the axes it is (t, t) with sqrt(2) t + 2 |(1 - t, t)| least: 6 t^2 - 6 t + 1 = 0.
TEST_CASE("the geometric median of a triangle is its Fermat point", "[federated]") {
  const double t = (3.0 - std::sqrt(3.0)) / 6.0;
  const std::vector<small_update> corners{{0, 1.0, {0, 0}}, {1, 1.0, {1, 0}}, {2, 1.0, {0, 1}}};
  geometric_median a = exact();
  near_to(aggregated(a, {{0.4F, 0.3F}, corners}), {t, t});
  CHECK(a.iterations() < 100);
  // from far away, and from a client's own model, where plain Weiszfeld would stay for ever
  near_to(aggregated(a, {{-1e6F, 1e6F}, corners}), {t, t});
  geometric_median usual;
  for (const small_update& c : corners) {
    near_to(aggregated(a, {c.values, corners}), {t, t});
    near_to(aggregated(usual, {c.values, corners}), {t, t}, 1e-4);
  }
}

TEST_CASE("on a line the geometric median is the weighted median", "[federated]") {
  geometric_median a = exact();
  // more than half of the weight lies at 4
  near_to(aggregated(a, {{0}, {{0, 1.0, {-7}}, {1, 3.0, {4}}, {2, 1.5, {30}}}}), {4.0}, 1e-4);
  // a client without weight has no say
  near_to(aggregated(a, {{0}, {{0, 0.0, {-7}}, {1, 1.0, {4}}}}), {4.0});
}

TEST_CASE("distances beyond the range of float squares are right", "[federated]") {
  // The lever of the far one is that of its weight alone: a unit force from +x. The three others
  // stand at (0, 0), (0, 2) and (0, -2): balance at x = h with two forces h / sqrt(4 + h^2) and one
  // of 1 against 1: only h = 0, where the middle one holds against up to its own weight.
  geometric_median a = exact();
  near_to(aggregated(
              a, {{0.5F, 0},
                  {{0, 1.0, {0, 0}}, {1, 1.0, {0, 2}}, {2, 1.0, {0, -2}}, {3, 0.5, {1e30F, 0}}}}),
          {0.0, 0.0}, 1e-4);
  // Without the middle one: 2 h / sqrt(4 + h^2) = 0.5, so h = 2 / sqrt(15).
  near_to(aggregated(a, {{0.1F, 0}, {{1, 1.0, {0, 2}}, {2, 1.0, {0, -2}}, {3, 0.5, {1e30F, 0}}}}),
          {2.0 / std::sqrt(15.0), 0.0}, 1e-4);
}
