// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <muster/core/thread_pool.hpp>
#include <muster/federated/aggregators/focused_mean.hpp>
#include <muster/federated/aggregators/weighted_mean.hpp>
#include <muster/testing/laws/aggregator.hpp>
#include <span>
#include <vector>

#include "federated/aggregators/by_hand.hpp"
#include "federated/planted_clients.hpp"
#include "support/catch.hpp"
#include "support/contract.hpp"

namespace fed = muster::federated;
using fed::focused_mean;
using muster::client_id;

namespace {
bool equal(std::span<const float> a, std::span<const float> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}
constexpr client_id c1{1}, c2{2}, c3{3};
}  // namespace

TEST_CASE("focused_mean obeys the laws of aggregator", "[federated][laws]") {
  muster::testing::check_aggregator_laws(
      [] {
        return focused_mean{{.focuses = {{c1, c2, 3.0}, {c3, c1, 0.0}}}};
      },
      {}, 5,
      [](const char* law, bool holds) {
        INFO(law);
        CHECK(holds);
      });
}

// Models 0, 6, 12 with weights 1, 1, 2. FedAvg: (0 + 6 + 24) / 4 = 7.5. Client 1 counts client 2
// three times: (0 + 18 + 24) / 6 = 7. Client 3 does not count itself: (0 + 6) / 2 = 3.
TEST_CASE("focuses by hand", "[federated][aggregators]") {
  focused_mean mean{{.focuses = {{c3, c3, 0.0}, {c1, c2, 3.0}, {c2, client_id{9}, 50.0}}}};
  CHECK(aggregated(mean, {{0}, {{3, 2.0, {12}}, {1, 1.0, {0}}, {2, 1.0, {6}}}}) ==
        std::vector<float>{7.5});
  CHECK(mean.personal(0)[0] == 3.0F);
  CHECK(mean.personal(1)[0] == 7.0F);
  CHECK(mean.personal(2)[0] == 7.5F);  // its focus does not take part
  CHECK(mean.weights()(1, 2) == Approx(0.5));
  CHECK(mean.weights()(0, 0) == 0.0);
}

// Fed-Diff and Fed-Same2 of Fig. 10 are FedAvg; their weighted forms move client 1 alone.
TEST_CASE("without a focus it is the weighted mean, bit for bit", "[federated][aggregators]") {
  const muster_test::planted_clients p{{.clients = 5, .numbers = 1200}, 1};
  std::vector<muster::model_update> updates;
  for (std::uint32_t k = 0; k < 5; ++k) {
    updates.push_back({.client = client_id{k}, .weight = 1.0 + k, .values = p.models[k]});
  }
  std::vector<float> plain(1200), next(1200);
  REQUIRE(fed::weighted_mean{}.aggregate({updates, p.global, nullptr}, plain).has_value());
  muster::thread_pool pool{3};
  focused_mean mean{{.focuses = {{c1, c2, 4.0}}}};
  std::reverse(updates.begin(), updates.end());
  REQUIRE(mean.aggregate({updates, p.global, &pool}, next).has_value());
  CHECK(next == plain);
  for (std::size_t i = 0; i < 5; ++i) {
    const bool focused = updates[i].client == c1;
    CHECK(equal(mean.personal(i), plain) == !focused);
    double total = 0.0;
    for (std::size_t j = 0; j < 5; ++j) total += mean.weights()(i, j);
    CHECK(total == Approx(1.0).epsilon(1e-15));
  }
}

TEST_CASE("what cannot be focused is refused", "[federated][aggregators]") {
  focused_mean alone{{.focuses = {{c2, c2, 0.0}}}};
  CHECK(refused(alone, {{0}, {{2, 1.0, {1}}}}).find("client 2: gives the clients") == 0);
  CHECK(aggregated(alone, {{0}, {{2, 1.0, {1}}, {3, 1.0, {5}}}}) == std::vector<float>{3});
  using support::breaks;
  CHECK(breaks("finite times", [] { focused_mean{{.focuses = {{c1, c2, -1.0}}}}; }));
  CHECK(breaks("finite times", [] { focused_mean{{.focuses = {{c1, c2, HUGE_VAL}}}}; }));
  CHECK(breaks("twice", [] { focused_mean{{.focuses = {{c1, c2, 2.0}, {c1, c2, 3.0}}}}; }));
}
