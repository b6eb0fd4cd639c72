// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/norm_clipping.hpp>
#include <muster/federated/aggregators/server_momentum.hpp>
#include <muster/nn/checkpoint.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include <cmath>

#include "federated/aggregators/by_hand.hpp"

using muster::federated::norm_clipping;
using muster::federated::server_momentum;
using muster::testing::agreement;

namespace {
const auto judge = [](const char* law, bool holds) {
  INFO(law);
  CHECK(holds);
};
}  // namespace

TEST_CASE("norm_clipping obeys the laws of aggregator", "[federated][laws]") {
  // Models of the laws lie about 8.2 apart from the global one: all clipped, some, none.
  for (const double norm : {1.0, 8.165, 100.0}) {
    const agreement same = norm > 9.0 ? agreement::that_model : agreement::global_stays;
    muster::testing::check_aggregator_laws([=] { return norm_clipping<>{{.norm = norm}}; },
                                           {.same = same}, 5, judge);
  }
  muster::testing::check_aggregator_laws(
      [] { return norm_clipping<server_momentum>{{.norm = 1.0}}; },
      {.same = agreement::global_stays}, 5, judge);
}

TEST_CASE("clipping by hand", "[federated][norm_clipping]") {
  norm_clipping<> a{{.norm = 2.5}};
  // (4, 6) is 5 away from (1, 2): half the way, (2.5, 4). (1.6, 2.8) is 1 away and stays.
  near_to(aggregated(a, {{1, 2}, {{0, 1.0, {4, 6}}, {1, 3.0, {1.6F, 2.8F}}}}), {1.825, 3.1});
  CHECK(a.clipped() == 1);
  // exactly at the limit is not beyond it
  CHECK(aggregated(a, {{0, 0}, {{0, 1.0, {1.5F, 2}}}}) == std::vector<float>{1.5F, 2});
  CHECK(a.clipped() == 0);
}

TEST_CASE("with the mean inside, nobody moves the model further than the norm", "[federated]") {
  norm_clipping<> a{{.norm = 0.5}};
  for (const float size : {1.0F, 1e10F, 1e30F, 3e38F}) {
    const auto next = aggregated(
        a, {{1, -1}, {{0, 1.0, {size, -size}}, {1, 1e9, {size, size}}, {2, 1.0, {1, -1}}}});
    const double moved =
        std::hypot(static_cast<double>(next[0]) - 1.0, static_cast<double>(next[1]) + 1.0);
    INFO(size);
    CHECK(moved <= 0.5 + 1e-6);
    CHECK(moved > 0.4);  // nearly all of the weight is with client 1
  }
}

TEST_CASE("clipping keeps the state of what is inside", "[federated][norm_clipping]") {
  const small_round first{{0, 0}, {{0, 1.0, {3, 4}}}}, second{{1, 1}, {{0, 1.0, {1, 1}}}};
  norm_clipping<server_momentum> whole{{.norm = 1.0}}, before{{.norm = 1.0}}, after{{.norm = 1.0}};
  near_to(aggregated(whole, first), {0.6, 0.8});
  aggregated(before, first);
  muster::nn::checkpoint saved{"test"}, resumed{"test"};
  before.add_to(saved);
  after.add_to(resumed);
  const std::string file = saved.bytes();
  REQUIRE(resumed.restore(std::as_bytes(std::span{file}), "memory").has_value());
  const auto next = aggregated(after, second);
  near_to(next, {1.54, 1.72});  // 1 + 0.9 (0.6, 0.8): the momentum of the clipped step
  CHECK(next == aggregated(whole, second));
}
