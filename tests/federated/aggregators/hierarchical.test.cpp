// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/hierarchical.hpp>
#include <muster/federated/aggregators/server_momentum.hpp>
#include <muster/federated/aggregators/staleness_weighted.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include <cmath>

#include "federated/aggregators/by_hand.hpp"

using muster::federated::hierarchical;
using muster::federated::server_momentum;
using muster::federated::weighted_mean;

namespace {
const auto judge = [](const char* law, bool holds) {
  INFO(law);
  CHECK(holds);
};
}  // namespace

TEST_CASE("hierarchical obeys the laws of aggregator", "[federated][laws]") {
  const std::vector<std::uint32_t> regions{0, 1, 2, 0, 1, 2, 4, 4, 0};  // nobody in region 3
  muster::testing::check_aggregator_laws([&] { return hierarchical<>{{.region_of = regions}}; }, {},
                                         5, judge);
  muster::testing::check_aggregator_laws(
      [&] { return hierarchical<server_momentum>{{.region_of = regions}}; },
      {.same = muster::testing::agreement::global_stays}, 5, judge);
}

TEST_CASE("a mean of regions is the mean of all", "[federated][hierarchical]") {
  // Exact: sums of small whole numbers, and weights that make each region's mean a float.
  const std::vector<small_update> clients{
      {0, 1.0, {1, 8}}, {1, 3.0, {5, 0}}, {2, 2.0, {-3, 4}}, {3, 2.0, {7, 6}}, {4, 8.0, {1, -2}}};
  weighted_mean flat;
  const auto wanted = aggregated(flat, {{0, 0}, clients});
  hierarchical<> two{{.region_of = {0, 0, 1, 1, 1}}};
  CHECK(aggregated(two, {{0, 0}, clients}) == wanted);
  CHECK(wanted == std::vector<float>{2, 0.75F});  // (1 + 15 - 6 + 14 + 8) / 16
  // three levels: four regions below two
  hierarchical<hierarchical<>> three{
      {.region_of = {0, 1, 2, 3, 3}, .inner = {.region_of = {0, 0, 1, 1}}}};
  CHECK(aggregated(three, {{0, 0}, clients}) == wanted);
  CHECK(three.traffic().to_server == 4 * 2 * 4);
  CHECK(three.inner().traffic().to_server == 2 * 2 * 4);

  // Any numbers: one rounding per region, so within a unit of the last place of the largest.
  const muster::testing::random_round r{{.clients = 40, .numbers = 500}, 11};
  std::vector<std::uint32_t> regions(40);
  for (std::size_t k = 0; k < 40; ++k) regions[k] = static_cast<std::uint32_t>(k % 7);
  hierarchical<> seven{{.region_of = regions}};
  std::vector<float> a(500), b(500);
  REQUIRE(seven.aggregate(r.view(), a).has_value());
  REQUIRE(flat.aggregate(r.view(), b).has_value());
  bool close = true;
  for (std::size_t i = 0; i < 500; ++i) close = close && std::abs(a[i] - b[i]) <= 1.3e-7F;
  CHECK(close);
}

TEST_CASE("fewer bytes go the long way", "[federated][hierarchical]") {
  const muster::testing::random_round r{{.clients = 40, .numbers = 500}, 11};
  std::vector<std::uint32_t> regions(40);
  for (std::size_t k = 0; k < 40; ++k) regions[k] = static_cast<std::uint32_t>(k / 10);
  hierarchical<> a{{.region_of = regions}};
  std::vector<float> next(500);
  REQUIRE(a.aggregate(r.view(), next).has_value());
  CHECK(a.traffic().flat == 40 * 500 * 4);
  CHECK(a.traffic().to_regions == a.traffic().flat);
  CHECK(a.traffic().to_server == 4 * 500 * 4);
}

TEST_CASE("a region speaks with its weight and its greatest age", "[federated][hierarchical]") {
  // Region 0: mean 2 with weight 2, stale by 3; region 1: 8 with weight 1. Decay (1 + 3)^-1/2 makes
  // the weights 1 and 1.
  hierarchical<muster::federated::staleness_weighted<>> a{{.region_of = {0, 0, 1}}};
  near_to(aggregated(a, {{0}, {{0, 1.0, {1}, 3}, {1, 1.0, {3}, 0}, {2, 1.0, {8}, 0}}}), {5.0});
  // A region without weight is not heard, but what it sent is looked at.
  hierarchical<> b{{.region_of = {0, 0, 1}}};
  near_to(aggregated(b, {{0}, {{0, 1.0, {1}}, {1, 1.0, {3}}, {2, 0.0, {8}}}}), {2.0});
  CHECK(b.traffic().to_server == 4);
  CHECK(refused(b, {{0}, {{0, 1.0, {1}}, {2, 0.0, {std::nanf("")}}}}) ==
        "client 2: has nan at position 0; expected finite numbers");
}

TEST_CASE("a client without a region is refused", "[federated][hierarchical]") {
  hierarchical<> a{{.region_of = {0, 1}}};
  CHECK(refused(a, {{0}, {{0, 1.0, {1}}, {2, 1.0, {1}}}}) ==
        "client 2: has no region; expected a number for it in hierarchical::config::region_of");
}

TEST_CASE("regions keep the state of what is above them", "[federated][hierarchical]") {
  const small_round round{{0}, {{0, 1.0, {1}}, {1, 1.0, {3}}}};
  hierarchical<server_momentum> whole{{.region_of = {0, 1}}}, after{{.region_of = {0, 1}}};
  aggregated(whole, round);
  muster::nn::checkpoint saved{"test"}, resumed{"test"};
  whole.add_to(saved);
  after.add_to(resumed);
  const std::string file = saved.bytes();
  REQUIRE(resumed.restore(std::as_bytes(std::span{file}), "memory").has_value());
  const auto next = aggregated(after, round);
  near_to(next, {3.8});  // delta 2 twice: 0.9 * 2 + 2
  CHECK(next == aggregated(whole, round));
}
