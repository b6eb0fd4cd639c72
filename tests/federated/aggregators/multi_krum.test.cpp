// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/multi_krum.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include <cmath>

#include "federated/aggregators/by_hand.hpp"

using muster::federated::multi_krum;

namespace {
const auto judge = [](const char* law, bool holds) {
  INFO(law);
  CHECK(holds);
};
}  // namespace

TEST_CASE("multi_krum obeys the laws of aggregator", "[federated][laws]") {
  muster::testing::check_aggregator_laws([] { return multi_krum{{.byzantine = 2}}; }, {}, 5, judge);
}

// Each kept model is within sqrt(n - f - 2) D of an honest one, so their mean is within that and
// 2 r of the mean of the honest.
TEST_CASE("multi_krum withstands f of 2 f + 3", "[federated][laws]") {
  for (const std::size_t f : {1U, 4U}) {
    const std::size_t n = 2 * f + 3;
    const double reach = 2.0 * std::sqrt(static_cast<double>(n - f - 2)) + 1.0;
    for (const std::size_t keep : {std::size_t{0}, n - f}) {
      muster::testing::check_robust_laws([=] { return multi_krum{{.byzantine = f, .keep = keep}}; },
                                         {.clients = n, .outliers = f, .distance = reach}, 3,
                                         judge);
    }
  }
}

// The clients of the krum test: scores 3.25 of 1, 4.5 of 2.5, 7.25 of 0, 11.25 of 4.
TEST_CASE("multi_krum by hand", "[federated][multi_krum]") {
  const std::vector<small_update> clients{
      {4, 1.0, {100}}, {3, 1.0, {4}}, {9, 5.0, {1}}, {1, 1.0, {0}}, {2, 1.0, {2.5F}}};
  multi_krum usual{{.byzantine = 1}};  // keeps 5 - 1 - 2
  CHECK(aggregated(usual, {{0}, clients}) == std::vector<float>{1.75F});
  multi_krum one{{.byzantine = 1, .keep = 1}};
  CHECK(aggregated(one, {{0}, clients}) == std::vector<float>{1});
  multi_krum three{{.byzantine = 1, .keep = 3}};
  near_to(aggregated(three, {{0}, clients}), {3.5 / 3.0});
}

TEST_CASE("multi_krum asks for enough clients", "[federated][multi_krum]") {
  const std::vector<small_update> three{{0, 1.0, {1}}, {1, 1.0, {1}}, {2, 1.0, {1}}};
  multi_krum a{{.byzantine = 1}}, b{{.byzantine = 0, .keep = 4}};
  CHECK(refused(a, {{0}, three}) ==
        "round: has 3 updates; expected 5 or more for multi_krum with 1 that may send anything");
  CHECK(refused(b, {{0}, three}) ==
        "round: has 3 updates; expected at least as many as multi_krum keeps, 4");
}
