// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/blend.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include "federated/aggregators/by_hand.hpp"

using namespace muster::federated;

TEST_CASE("blend obeys the laws of aggregator", "[federated][laws]") {
  muster::testing::check_aggregator_laws([] { return blend<>{}; },
                                         {.same = muster::testing::agreement::global_stays}, 5,
                                         [](const char* law, bool holds) {
                                           INFO(law);
                                           CHECK(holds);
                                         });
}

TEST_CASE("blending by hand", "[federated][blend]") {
  blend<> a{{.rate = 0.5}};
  CHECK(aggregated(a, {{2}, {{3, 9.0, {6}, 0}}}) == std::vector<float>{4});
  // (1 + 3)^-1/2 = 1/2: a quarter of the way
  near_to(aggregated(a, {{2}, {{3, 1.0, {6}, 3}}}), {3.0});
  // The stale one first: 0 + (4 - 0) / 4 = 1, then 1 + (8 - 1) / 2 = 4.5.
  near_to(aggregated(a, {{0}, {{0, 1.0, {4}, 3}, {1, 1.0, {8}, 0}}}), {4.5});
  near_to(aggregated(a, {{0}, {{0, 1.0, {8}, 0}, {1, 1.0, {4}, 3}}}), {4.5});
  // Equally old: by id, so 8 stands last.
  near_to(aggregated(a, {{0}, {{5, 1.0, {8}}, {2, 1.0, {4}}}}), {5.0});
  blend<constant_decay> all{{.rate = 1.0}};
  CHECK(aggregated(all, {{2}, {{3, 1.0, {6}, 9}}}) == std::vector<float>{6});
}

TEST_CASE("later means less", "[federated][blend]") {
  blend<> a;
  float last = 1.0F;
  for (std::uint64_t s = 0; s < 20; ++s) {
    const float part = aggregated(a, {{0}, {{0, 1.0, {1}, s}}})[0];
    CHECK(part < last);
    last = part;
  }
}
