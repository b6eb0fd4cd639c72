// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/sampled_mean.hpp>
#include <muster/federated/aggregators/weighted_mean.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include <cmath>

#include "federated/aggregators/by_hand.hpp"

using namespace muster::federated;

TEST_CASE("sampled_mean obeys the laws of aggregator", "[federated][laws]") {
  muster::testing::check_aggregator_laws([] { return sampled_mean{{.population = 100.0}}; },
                                         {.same = muster::testing::agreement::global_stays}, 5,
                                         [](const char* law, bool holds) {
                                           INFO(law);
                                           CHECK(holds);
                                         });
}

TEST_CASE("a round of part of the clients by hand", "[federated][sampled_mean]") {
  // W = 8; of weight 2 at p = 1/2: 4/8 of the way from 1 to 5, and 1/8 of that to -7
  sampled_mean a{{.population = 8.0}};
  near_to(aggregated(
              a, {{1},
                  {{0, importance_weight(2.0, 0.5), {5}}, {1, importance_weight(1.0, 1.0), {-7}}}}),
          {1.0 + 2.0 - 1.0});
  // more than could be expected: beyond the models themselves
  near_to(aggregated(a, {{0}, {{0, 12.0, {2}}}}), {3.0});
}

// Every set of clients that can come, with its probability: the mean of the results must be the
// result of full participation, exactly; that of the ordinary mean is not.
TEST_CASE("the expected result is that of full participation", "[federated][sampled_mean]") {
  const std::vector<float> global{0.5F, -1.0F};
  const std::vector<small_update> everyone{
      {0, 3.0, {1, 2}}, {1, 1.0, {-4, 0}}, {2, 2.0, {7, -5}}, {3, 5.0, {0, 1}}};
  const double p[] = {0.9, 0.2, 0.5, 0.35};
  weighted_mean full, ordinary;
  sampled_mean corrected{{.population = 11.0}};
  const auto wanted = aggregated(full, {global, everyone});
  double expected[2] = {}, biased[2] = {};
  for (unsigned set = 0; set < 16; ++set) {
    double chance = 1.0;
    std::vector<small_update> came, weighed;
    for (unsigned k = 0; k < 4; ++k) {
      const bool here = (set >> k & 1U) != 0;
      chance *= here ? p[k] : 1.0 - p[k];
      if (!here) continue;
      came.push_back(everyone[k]);
      weighed.push_back(everyone[k]);
      weighed.back().weight = importance_weight(everyone[k].weight, p[k]);
    }
    // without anyone there is no round, and the model stays
    const auto next = came.empty() ? global : aggregated(corrected, {global, weighed});
    const auto plain = came.empty() ? global : aggregated(ordinary, {global, weighed});
    for (int i = 0; i < 2; ++i) {
      expected[i] += chance * static_cast<double>(next[static_cast<std::size_t>(i)]);
      biased[i] += chance * static_cast<double>(plain[static_cast<std::size_t>(i)]);
    }
  }
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(expected[i] == Approx(static_cast<double>(wanted[i])).epsilon(1e-6));
    CHECK(std::abs(biased[i] - static_cast<double>(wanted[i])) > 0.02);
  }
}

TEST_CASE("all clients, who always come, give the weighted mean", "[federated][sampled_mean]") {
  sampled_mean a{{.population = 4.0}};
  near_to(aggregated(a, {{9, 9}, {{7, 1.0, {1, 2}}, {2, 3.0, {5, -2}}}}), {4.0, -1.0});
}
