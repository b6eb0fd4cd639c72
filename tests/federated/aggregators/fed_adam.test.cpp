// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/fed_adam.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include "federated/aggregators/by_hand.hpp"

using muster::federated::fed_adam;

TEST_CASE("fed_adam obeys the laws of aggregator", "[federated][laws]") {
  muster::testing::check_aggregator_laws([] { return fed_adam{}; },
                                         {.same = muster::testing::agreement::global_stays}, 5,
                                         [](const char* law, bool holds) {
                                           INFO(law);
                                           CHECK(holds);
                                         });
}

// x = 1, delta = 2: m = 0.1 * 2 = 0.2, v = 0.99 * 0.1^2 + 0.01 * 4 = 0.0499, and the step is
// 0.1 * 0.2 / (0.2233831 + 0.1) = 0.0618462. Then delta = -0.1: m = 0.18 - 0.01 = 0.17,
// v = 0.049401 + 0.0001 = 0.049501, step 0.1 * 0.17 / (0.2224882 + 0.1) = 0.0527151.
TEST_CASE("two rounds of FedAdam by hand", "[federated][fed_adam]") {
  fed_adam a{{.rate = 0.1, .beta1 = 0.9, .beta2 = 0.99, .tau = 0.1}};
  near_to(aggregated(a, {{1}, {{0, 1.0, {6}}, {1, 3.0, {2}}}}), {1.0618462});
  near_to(aggregated(a, {{1}, {{0, 1.0, {0.9F}}}}), {1.0527151});
}

TEST_CASE("a run of fed_adam that was stopped goes on with its state", "[federated][fed_adam]") {
  const small_round first{{1, 2}, {{0, 1.0, {6, 4}}}}, second{{2, 2}, {{0, 1.0, {0, 1}}}};
  fed_adam whole, before, after;
  aggregated(whole, first);
  aggregated(before, first);
  muster::nn::checkpoint saved{"test"}, resumed{"test"};
  before.add_to(saved, "aggregator.");
  after.add_to(resumed, "aggregator.");
  const std::string file = saved.bytes();
  REQUIRE(resumed.restore(std::as_bytes(std::span{file}), "memory").has_value());
  CHECK(aggregated(after, second) == aggregated(whole, second));
}
