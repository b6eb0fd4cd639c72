// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/clustered.hpp>
#include <muster/federated/aggregators/server_momentum.hpp>
#include <muster/federated/aggregators/staleness_weighted.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include "federated/aggregators/by_hand.hpp"

using namespace muster::federated;

static_assert(muster::personalising_aggregator<staleness_weighted<clustered<>>>);
static_assert(!muster::personalising_aggregator<staleness_weighted<>>);

TEST_CASE("staleness_weighted obeys the laws of aggregator", "[federated][laws]") {
  const auto judge = [](const char* law, bool holds) {
    INFO(law);
    CHECK(holds);
  };
  muster::testing::check_aggregator_laws([] { return staleness_weighted<>{}; }, {}, 5, judge);
  muster::testing::check_aggregator_laws(
      [] { return staleness_weighted<clustered<>, hinge_decay>{}; }, {}, 5, judge);
}

TEST_CASE("late updates count less, by hand", "[federated][staleness]") {
  // 4 with weight 1, and 8 with weight 3 (1 + 8)^-1/2 = 1
  staleness_weighted<> a;
  near_to(aggregated(a, {{0}, {{0, 1.0, {4}, 0}, {1, 3.0, {8}, 8}}}), {6.0});
  // 1 / (2 * 3 + 1) from the hinge: (4 + 7 * 12 / 7) / 2
  staleness_weighted<weighted_mean, hinge_decay> b{{.decay = {.slope = 2.0, .patience = 4}}};
  near_to(aggregated(b, {{0}, {{0, 1.0, {4}, 4}, {1, 7.0, {12}, 7}}}), {8.0});
}

TEST_CASE("the share of a client falls with every version, and without delay is the plain one",
          "[federated][staleness]") {
  staleness_weighted<> a;
  weighted_mean plain;
  const auto round = [](std::uint64_t s) {
    return std::vector<small_update>{{0, 2.0, {0}, 0}, {1, 3.0, {1}, s}};
  };
  float last = aggregated(a, {{0}, round(0)})[0];
  CHECK(last == aggregated(plain, {{0}, round(0)})[0]);
  for (std::uint64_t s = 1; s < 20; ++s) {
    const float share = aggregated(a, {{0}, round(s)})[0];
    CHECK(share < last);
    CHECK(share > 0.0F);
    last = share;
  }
}

TEST_CASE("staleness_weighted passes on models and state of what is inside", "[federated]") {
  staleness_weighted<clustered<>> a{{.inner = {.groups = 2}}};
  aggregated(a, {{0, 0}, {{0, 1.0, {1, 0}}, {1, 1.0, {0, 2}, 1}, {2, 1.0, {3, 0}}}});
  CHECK(a.personal(0)[0] == 2.0F);
  CHECK(a.personal(1)[1] == 2.0F);
  CHECK(a.inner().groups() == 2);

  const small_round round{{0}, {{0, 1.0, {1}}}};
  staleness_weighted<server_momentum> whole, after;
  aggregated(whole, round);
  muster::nn::checkpoint saved{"test"}, resumed{"test"};
  whole.add_to(saved);
  after.add_to(resumed);
  const std::string file = saved.bytes();
  REQUIRE(resumed.restore(std::as_bytes(std::span{file}), "memory").has_value());
  near_to(aggregated(after, round), {1.9});
}
