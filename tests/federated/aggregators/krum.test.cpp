// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/aggregators/krum.hpp>
#include <muster/testing/laws/aggregator.hpp>

#include <cmath>

#include "federated/aggregators/by_hand.hpp"

using muster::client_id;
using muster::federated::krum;

namespace {
const auto judge = [](const char* law, bool holds) {
  INFO(law);
  CHECK(holds);
};
}  // namespace

TEST_CASE("krum obeys the laws of aggregator", "[federated][laws]") {
  for (const std::size_t clients : {7U, 18U}) {
    muster::testing::check_aggregator_laws([] { return krum{{.byzantine = 2}}; },
                                           {.clients = clients}, 5, judge);
  }
}

// Within sqrt(n - f - 2) D of an honest model; D <= 2 r, and each lies within r of the mean.
TEST_CASE("krum withstands f of 2 f + 3", "[federated][laws]") {
  for (const std::size_t f : {1U, 4U}) {
    const std::size_t n = 2 * f + 3;
    const double reach = 2.0 * std::sqrt(static_cast<double>(n - f - 2)) + 1.0;
    muster::testing::check_robust_laws([=] { return krum{{.byzantine = f}}; },
                                       {.clients = n, .outliers = f, .distance = reach}, 3, judge);
  }
}

// n = 5, f = 1: two neighbours count. Scores: of 0: 1 + 6.25; of 1: 1 + 2.25; of 2.5: 2.25 + 2.25;
// of 4: 2.25 + 9; of 100: 96^2 and more.
TEST_CASE("krum by hand", "[federated][krum]") {
  krum a{{.byzantine = 1}};
  const std::vector<small_update> clients{
      {4, 1.0, {100}}, {3, 1.0, {4}}, {9, 5.0, {1}}, {1, 1.0, {0}}, {2, 1.0, {2.5F}}};
  CHECK(aggregated(a, {{0}, clients}) == std::vector<float>{1});
  CHECK(a.chosen() == client_id{9});
}

TEST_CASE("equal scores go to the smaller id", "[federated][krum]") {
  krum a{{.byzantine = 0}};
  // -1 and 1 each have a neighbour at distance 1, as 0 has: n - f - 2 = 1
  CHECK(aggregated(a, {{7}, {{8, 1.0, {-1}}, {5, 1.0, {1}}, {6, 1.0, {0}}}}) ==
        std::vector<float>{1});
  CHECK(a.chosen() == client_id{5});
}

TEST_CASE("models close together far from the origin are told apart", "[federated][krum]") {
  // Norms of 1e4 and distances of 1e-2: products of single precision would know nothing of them.
  krum a{{.byzantine = 1}};
  std::vector<small_update> clients;
  for (std::uint32_t k = 0; k < 6; ++k) {
    std::vector<float> x(400, 500.0F);
    x[k] += k == 4 ? 0.002F : 0.01F;
    clients.push_back({k, 1.0, x});
  }
  aggregated(a, {std::vector<float>(400), clients});
  CHECK(a.chosen() == client_id{4});
}

TEST_CASE("krum asks for enough clients", "[federated][krum]") {
  krum a{{.byzantine = 1}};
  CHECK(refused(a, {{0}, {{0, 1.0, {1}}, {1, 1.0, {1}}, {2, 1.0, {1}}, {3, 1.0, {1}}}}) ==
        "round: has 4 updates; expected 5 or more for krum with 1 that may send anything");
  krum many{{.byzantine = ~std::size_t{0}}};
  std::vector<float> next(1);
  const small_round r{{0}, {{0, 1.0, {1}}, {1, 1.0, {1}}, {2, 1.0, {1}}}};
  CHECK_FALSE(many.aggregate(r.view(), next).has_value());
}
