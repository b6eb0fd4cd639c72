// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/fed_yogi.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include "federated/aggregators/by_hand.hpp"

using muster::federated::fed_yogi;

TEST_CASE("fed_yogi obeys the laws of aggregator", "[federated][laws]") {
  muster::testing::check_aggregator_laws([] { return fed_yogi{}; },
                                         {.same = muster::testing::agreement::global_stays}, 5,
                                         [](const char* law, bool holds) {
                                           INFO(law);
                                           CHECK(holds);
                                         });
}

// x = 1, delta = 2: m = 0.2; v = 0.1^2 is below 4, so it rises to 0.01 + 0.01 * 4 = 0.05, and the
// step is 0.1 * 0.2 / (0.2236068 + 0.1) = 0.0618034. Then delta = -0.1: m = 0.17; v is above 0.01
// and falls to 0.05 - 0.0001 = 0.0499, step 0.1 * 0.17 / (0.2233831 + 0.1) = 0.0525692.
TEST_CASE("two rounds of FedYogi by hand", "[federated][fed_yogi]") {
  fed_yogi a{{.rate = 0.1, .beta1 = 0.9, .beta2 = 0.99, .tau = 0.1}};
  near_to(aggregated(a, {{1}, {{0, 1.0, {6}}, {1, 3.0, {2}}}}), {1.0618034});
  near_to(aggregated(a, {{1}, {{0, 1.0, {0.9F}}}}), {1.0525692});
}

TEST_CASE("a run of fed_yogi that was stopped goes on with its state", "[federated][fed_yogi]") {
  const small_round first{{1, 2}, {{0, 1.0, {6, 4}}}}, second{{2, 2}, {{0, 1.0, {0, 1}}}};
  fed_yogi whole, before, after;
  aggregated(whole, first);
  aggregated(before, first);
  muster::nn::checkpoint saved{"test"}, resumed{"test"};
  before.add_to(saved, "aggregator.");
  after.add_to(resumed, "aggregator.");
  const std::string file = saved.bytes();
  REQUIRE(resumed.restore(std::as_bytes(std::span{file}), "memory").has_value());
  CHECK(aggregated(after, second) == aggregated(whole, second));
}
