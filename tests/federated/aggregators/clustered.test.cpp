// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/clustered.hpp>
#include <muster/federated/aggregators/coordinate_median.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include "federated/aggregators/by_hand.hpp"

using muster::federated::clustered;

namespace {
const auto judge = [](const char* law, bool holds) {
  INFO(law);
  CHECK(holds);
};
}  // namespace

TEST_CASE("clustered obeys the laws of aggregator", "[federated][laws]") {
  muster::testing::check_aggregator_laws([] { return clustered<>{}; }, {}, 5, judge);
  muster::testing::check_aggregator_laws([] { return clustered<>{{.groups = 3}}; }, {}, 5, judge);
  muster::testing::check_aggregator_laws(
      [] { return clustered<muster::federated::coordinate_median>{{.groups = 2}}; }, {}, 5, judge);
}

TEST_CASE("two planted groups are found again", "[federated][clustered]") {
  // Each group pulls in a direction of its own, with noise as long as the pull.
  constexpr std::size_t clients = 20, numbers = 3000;
  muster::rng g{8};
  const auto draw = [&] { return static_cast<float>(2.0 * muster::uniform01(g) - 1.0); };
  std::vector<float> global(numbers), pull[2] = {global, global};
  for (std::size_t i = 0; i < numbers; ++i) {
    global[i] = 5.0F * draw();
    pull[0][i] = draw();
    pull[1][i] = draw();
  }
  std::vector<small_update> updates;
  for (std::uint32_t k = 0; k < clients; ++k) {
    std::vector<float> x = global;
    for (std::size_t i = 0; i < numbers; ++i) x[i] += 0.01F * (pull[k % 2][i] + draw());
    updates.push_back({k, 1.0 + k, x});
  }
  const small_round round{global, updates};
  for (const clustered<>::config& c :
       {clustered<>::config{.likeness = 0.3}, clustered<>::config{.likeness = 0.9, .groups = 2}}) {
    clustered<> a{c};
    const auto next = aggregated(a, round);
    REQUIRE(a.groups() == 2);
    for (std::size_t k = 0; k < clients; ++k) CHECK(a.group_of(k) == k % 2);
    // the model of a group is the mean of its members, `next` the mean of all
    for (const std::size_t i : {0U, 1234U, 2999U}) {
      double sum[2] = {}, weight[2] = {};
      for (std::size_t k = 0; k < clients; ++k) {
        sum[k % 2] += updates[k].weight * static_cast<double>(updates[k].values[i]);
        weight[k % 2] += updates[k].weight;
      }
      for (const std::size_t k : {0U, 1U, 6U, 19U}) {
        CHECK(static_cast<double>(a.personal(k)[i]) ==
              Approx(sum[k % 2] / weight[k % 2]).epsilon(1e-6));
      }
      CHECK(static_cast<double>(next[i]) ==
            Approx((sum[0] + sum[1]) / (weight[0] + weight[1])).epsilon(1e-6));
    }
  }
}

TEST_CASE("groups by hand", "[federated][clustered]") {
  // From (1, 1): two go right, one up, one left. Cosines: 1 right-right, 0 with up, -1 with left.
  const small_round round{{1, 1},
                          {{5, 1.0, {3, 1}}, {6, 2.0, {0, 1}}, {7, 3.0, {7, 1}}, {8, 1.0, {1, 4}}}};
  clustered<> a{{.likeness = 0.5}};
  CHECK(aggregated(a, round) == std::vector<float>{25.0F / 7.0F, 10.0F / 7.0F});
  CHECK(a.groups() == 3);
  CHECK(a.group_of(0) == a.group_of(2));
  CHECK(std::vector<float>(a.personal(0).begin(), a.personal(0).end()) ==
        std::vector<float>{6, 1});  // (1 * 3 + 3 * 7) / 4
  CHECK(std::vector<float>(a.personal(1).begin(), a.personal(1).end()) == std::vector<float>{0, 1});
  clustered<> all{{.likeness = -1.0}}, alone{{.groups = 9}};
  aggregated(all, round);
  CHECK(all.groups() == 1);
  aggregated(alone, round);
  CHECK(alone.groups() == 4);
}

TEST_CASE("clients that changed nothing, or have no weight", "[federated][clustered]") {
  clustered<> a;
  const auto next = aggregated(
      a, {{1, 1}, {{0, 1.0, {1, 1}}, {1, 3.0, {1, 1}}, {2, 0.0, {9, 9}}, {3, 4.0, {0, 1}}}});
  CHECK(next == std::vector<float>{0.5F, 1});
  CHECK(a.groups() == 3);
  CHECK(a.group_of(0) == a.group_of(1));
  CHECK(a.personal(2)[0] == next[0]);  // its group has no weight
  CHECK(a.personal(3)[0] == 0.0F);
}
