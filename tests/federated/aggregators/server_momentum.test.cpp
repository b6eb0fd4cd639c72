// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/server_momentum.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include "federated/aggregators/by_hand.hpp"

using muster::federated::server_momentum;

TEST_CASE("server_momentum obeys the laws of aggregator", "[federated][laws]") {
  muster::testing::check_aggregator_laws([] { return server_momentum{{.rate = 0.7}}; },
                                         {.same = muster::testing::agreement::global_stays}, 5,
                                         [](const char* law, bool holds) {
                                           INFO(law);
                                           CHECK(holds);
                                         });
}

TEST_CASE("two rounds with momentum by hand", "[federated][server_momentum]") {
  server_momentum a{{.rate = 0.5, .momentum = 0.9}};
  // mean (3, 1), delta (2, -1) = m, next = x + m / 2
  const auto first = aggregated(a, {{1, 2}, {{0, 1.0, {6, 4}}, {1, 3.0, {2, 0}}}});
  near_to(first, {2.0, 1.5});
  // delta (1, 0), m = 0.9 (2, -1) + (1, 0) = (2.8, -0.9): what was learnt goes on
  near_to(aggregated(a, {first, {{0, 1.0, {3, 1.5F}}}}), {3.4, 1.05});
}

TEST_CASE("without momentum and at rate 1 it is the weighted mean", "[federated]") {
  server_momentum a{{.rate = 1.0, .momentum = 0.0}};
  for (int t = 0; t < 2; ++t) {
    near_to(aggregated(a, {{7, 7}, {{0, 1.0, {6, 4}}, {1, 3.0, {2, 0}}}}), {3.0, 1.0});
  }
}

TEST_CASE("a run that was stopped goes on with its momentum", "[federated][server_momentum]") {
  const small_round first{{1, 2}, {{0, 1.0, {6, 4}}}}, second{{2, 2}, {{0, 1.0, {0, 1}}}};
  server_momentum whole, before, after;
  aggregated(whole, first);
  aggregated(before, first);
  muster::nn::checkpoint saved{"test"}, resumed{"test"};
  before.add_to(saved, "aggregator.");
  after.add_to(resumed, "aggregator.");
  const std::string file = saved.bytes();
  REQUIRE(resumed.restore(std::as_bytes(std::span{file}), "memory").has_value());
  CHECK(aggregated(after, second) == aggregated(whole, second));
}

TEST_CASE("a step out of the range of float is refused", "[federated][server_momentum]") {
  server_momentum a{{.rate = 1.0, .momentum = 0.9}};
  CHECK(refused(a, {{-3e38F}, {{0, 1.0, {3e38F}}}}) ==
        "round: leads out of the range of float; expected updates nearer to the global model; "
        "norm_clipping limits them");
  CHECK(aggregated(a, {{1}, {{0, 1.0, {2}}}}) == std::vector<float>{2});  // no trace of it
}
