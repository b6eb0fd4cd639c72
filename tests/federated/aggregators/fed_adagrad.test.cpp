// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/fed_adagrad.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include "federated/aggregators/by_hand.hpp"

using muster::federated::fed_adagrad;

TEST_CASE("fed_adagrad obeys the laws of aggregator", "[federated][laws]") {
  muster::testing::check_aggregator_laws([] { return fed_adagrad{}; },
                                         {.same = muster::testing::agreement::global_stays}, 5,
                                         [](const char* law, bool holds) {
                                           INFO(law);
                                           CHECK(holds);
                                         });
}

// x = 1, delta = 2 = m: v = 0.1^2 + 4 = 4.01, step 0.1 * 2 / (2.0024984 + 0.1) = 0.0951249. Then
// delta = -0.1: v = 4.02, step 0.1 * -0.1 / (2.0049938 + 0.1) = -0.0047506.
TEST_CASE("two rounds of FedAdagrad by hand", "[federated][fed_adagrad]") {
  fed_adagrad a{{.rate = 0.1, .tau = 0.1}};
  near_to(aggregated(a, {{1}, {{0, 1.0, {6}}, {1, 3.0, {2}}}}), {1.0951249});
  near_to(aggregated(a, {{1}, {{0, 1.0, {0.9F}}}}), {0.9952494});
}

// With memory 0.5 the second m is 0.5 * (0.5 * 2) + 0.5 * -0.1 = 0.45: 0.045 / 2.1049938.
TEST_CASE("FedAdagrad with a memory of the mean", "[federated][fed_adagrad]") {
  fed_adagrad a{{.rate = 0.1, .beta1 = 0.5, .tau = 0.1}};
  near_to(aggregated(a, {{1}, {{0, 1.0, {3}}}}), {1.0475625});
  near_to(aggregated(a, {{1}, {{0, 1.0, {0.9F}}}}), {1.0213777});
}

TEST_CASE("a run of fed_adagrad that was stopped goes on with its state",
          "[federated][fed_adagrad]") {
  const small_round first{{1, 2}, {{0, 1.0, {6, 4}}}}, second{{2, 2}, {{0, 1.0, {0, 1}}}};
  fed_adagrad whole, before, after;
  aggregated(whole, first);
  aggregated(before, first);
  muster::nn::checkpoint saved{"test"}, resumed{"test"};
  before.add_to(saved, "aggregator.");
  after.add_to(resumed, "aggregator.");
  const std::string file = saved.bytes();
  REQUIRE(resumed.restore(std::as_bytes(std::span{file}), "memory").has_value());
  CHECK(aggregated(after, second) == aggregated(whole, second));
}
