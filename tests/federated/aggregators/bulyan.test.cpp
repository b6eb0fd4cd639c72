// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/bulyan.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include "federated/aggregators/by_hand.hpp"

using muster::federated::bulyan;

namespace {
const auto judge = [](const char* law, bool holds) {
  INFO(law);
  CHECK(holds);
};
}  // namespace

TEST_CASE("bulyan obeys the laws of aggregator", "[federated][laws]") {
  for (const std::size_t clients : {7U, 25U}) {
    muster::testing::check_aggregator_laws([] { return bulyan{{.byzantine = 1}}; },
                                           {.clients = clients}, 5, judge);
  }
}

TEST_CASE("bulyan withstands f of 4 f + 3, in every number", "[federated][laws]") {
  for (const std::size_t f : {1U, 3U}) {
    muster::testing::check_robust_laws([=] { return bulyan{{.byzantine = f}}; },
                                       {.clients = 4 * f + 3, .outliers = f, .beyond_range = 1.0},
                                       3, judge);
  }
}

// n = 7, f = 1: theta = 5, beta = 3. Krum's choices, with the scores that decide:
//   of 3 5 7 8 12 13 17, four neighbours:  126 66 46 51 67 78 222, so 7
//   of 3 5 8 12 13 17, three:              110 62 50 42 42 122, so 12, the first by id
//   of 3 5 8 13 17, two:                   29 13 34 41 97, so 5
//   of 3 8 13 17, 4 - 1 - 2 = 1:           25 25 16 16, so 13
//   of 3 8 17, still 1:                    25 25 81, so 3
// S = 3 5 7 12 13 with the median 7; next to it are 7, 5 and 3.
TEST_CASE("bulyan by hand", "[federated][bulyan]") {
  bulyan a{{.byzantine = 1}};
  CHECK(aggregated(a, {{0},
                       {{0, 1.0, {3}},
                        {1, 1.0, {5}},
                        {2, 1.0, {7}},
                        {3, 1.0, {8}},
                        {4, 1.0, {12}},
                        {5, 1.0, {13}},
                        {6, 9.0, {17}}}}) == std::vector<float>{5});
}

// The second numbers are too small to matter for the distances. S holds 0 1 2 3 4 of the first
// ones, whose second ones are 0.001 0.002 0.003 0.009 0.004: only 0.009 is far from 0.003.
TEST_CASE("bulyan leaves numbers far from the median out", "[federated][bulyan]") {
  bulyan a{{.byzantine = 1}};
  const auto next = aggregated(a, {{0, 0},
                                   {{0, 1.0, {0, 0.001F}},
                                    {1, 1.0, {1, 0.002F}},
                                    {2, 1.0, {2, 0.003F}},
                                    {3, 1.0, {3, 0.009F}},
                                    {4, 1.0, {4, 0.004F}},
                                    {5, 1.0, {6, 0}},
                                    {6, 1.0, {100, 0}}}});
  // median 0.003, next to it 0.002, 0.003 and 0.004
  near_to(next, {2.0, 0.003}, 1e-9);
}

TEST_CASE("bulyan asks for enough clients", "[federated][bulyan]") {
  bulyan a{{.byzantine = 1}};
  std::vector<small_update> six;
  for (std::uint32_t k = 0; k < 6; ++k) six.push_back({k, 1.0, {1}});
  CHECK(refused(a, {{0}, six}) ==
        "round: has 6 updates; expected 7 or more for bulyan with 1 that may send anything");
}
