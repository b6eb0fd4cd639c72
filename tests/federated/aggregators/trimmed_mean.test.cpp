// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/trimmed_mean.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include "federated/aggregators/by_hand.hpp"

using muster::federated::trimmed_mean;

namespace {
const auto judge = [](const char* law, bool holds) {
  INFO(law);
  CHECK(holds);
};
}  // namespace

TEST_CASE("trimmed_mean obeys the laws of aggregator", "[federated][laws]") {
  for (const std::size_t clients : {2U, 9U, 200U}) {  // sorted up to 192, selected beyond
    muster::testing::check_aggregator_laws(
        [] { return trimmed_mean{{.share = 0.2}}; },
        {.clients = clients, .numbers = clients < 10 ? 20'011U : 531U}, 5, judge);
  }
}

TEST_CASE("as many that lie as are trimmed leave the mean among the others", "[federated][laws]") {
  const auto make = [] { return trimmed_mean{{.share = 0.2}}; };
  muster::testing::check_robust_laws(make, {.clients = 11, .outliers = 2, .beyond_range = 0.0}, 3,
                                     judge);
  muster::testing::check_robust_laws(make, {.clients = 200, .outliers = 40, .beyond_range = 0.0}, 3,
                                     judge);
}

TEST_CASE("the share counts per side and is rounded down", "[federated][trimmed_mean]") {
  CHECK(trimmed_mean{{.share = 0.1}}.trimmed_of(9) == 0);
  CHECK(trimmed_mean{{.share = 0.1}}.trimmed_of(10) == 1);
  CHECK(trimmed_mean{{.share = 0.1}}.trimmed_of(30) == 3);
  CHECK(trimmed_mean{{.share = 0.29}}.trimmed_of(100) == 29);  // 0.29 * 100 is 28.999... in double
  CHECK(trimmed_mean{{.share = 0.4999999999}}.trimmed_of(2) == 0);  // one must be left
  CHECK(trimmed_mean{{.share = 0.4}}.trimmed_of(1) == 0);
}

TEST_CASE("trimmed means by hand", "[federated][trimmed_mean]") {
  trimmed_mean a{{.share = 0.25}};
  // without 1 and 100: (2 + 6) / 2; without -9 and 0: (-8 + -1) / 2. Weights do not matter.
  CHECK(aggregated(
            a, {{0, 0},
                {{0, 5.0, {100, -8}}, {1, 1.0, {1, -1}}, {2, 1.0, {2, -9}}, {3, 1.0, {6, 0}}}}) ==
        std::vector<float>{4, -4.5F});
  // Of ties only as many go as there is to trim: of eight 2s and twelve 3s, trimmed by five per
  // side, three and seven are left; and ten times as many with ten times the clients.
  for (const std::uint32_t times : {1U, 10U}) {
    std::vector<small_update> many;
    for (std::uint32_t k = 0; k < 20 * times; ++k)
      many.push_back({k, 1.0, {k % 20 < 8 ? 2.0F : 3.0F}});
    CHECK(aggregated(a, {{0}, many}) == std::vector<float>{2.7F});
  }
}
