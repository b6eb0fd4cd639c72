// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/federation_parts.hpp"

#include <cmath>

#include <muster/federated/federation.hpp>
#include <muster/federated/in_process.hpp>
#include <muster/federated/selection/by_chance.hpp>

using namespace muster;
using federated::by_chance;
using toy = testing::federated_client_archetype;

static_assert(weighted_selection<by_chance>);

namespace {

/// Sums weight x model over what came, divided by the weight of all clients there are: what the
/// aggregate would be if weights were not made to add up to one.
struct fixed_total {
  double total = 1.0;
  double* sum = nullptr;
  double* squares = nullptr;
  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    double now = 0.0;
    for (const auto& u : round.updates) now += u.weight * double{u.values[0]} / total;
    *sum += now;
    *squares += now * now;
    next[0] = 0.0F;  // every round starts from the same model
    return {};
  }
};

}  // namespace

TEST_CASE("each comes with its own probability", "[federated][selection]") {
  const by_chance s{{.probability = {0.9, 0.3, 0.05}, .seed = 2}};
  CHECK((s.probability(client_id{1}) == 0.3 && s.probability(client_id{5}) == 0.05));
  const auto awake = support::client_numbers(30);
  std::vector<int> times(30);
  for (std::uint64_t round = 0; round < 2000; ++round) {
    std::vector<client_id> chosen;
    s.select(round, awake, chosen);
    for (const client_id c : chosen) ++times[index_of(c)];
  }
  for (std::size_t i = 0; i < 30; ++i) {
    const double p = s.probability(awake[i]);
    CHECK(std::abs(times[i] - 2000 * p) < 5.0 * std::sqrt(2000 * p * (1 - p)));
  }
}

TEST_CASE("chance never leaves nobody", "[federated][selection]") {
  const by_chance s{{.probability = {0.01, 0.02}}};
  int first = 0;
  for (std::uint64_t round = 0; round < 3000; ++round) {
    std::vector<client_id> chosen;
    s.select(round, support::client_numbers(2), chosen);
    CHECK(!chosen.empty());
    first += chosen[0] == client_id{0} ? 1 : 0;
  }
  // u / p is smaller for the first in one case of four: P(u0 < u1 / 2) = 1/4; in 1 % it comes
  // anyway.
  CHECK(first / 3000.0 == Approx(0.26).margin(0.04));
  CHECK(support::breaks("probabilities above 0", [] { const by_chance c{{.probability = {}}}; }));
  CHECK(support::breaks("probabilities above 0", [] {
    const by_chance c{{.probability = {0.5, 0.0}}};
  }));
  CHECK(support::breaks("at most 1", [] { const by_chance c{{.probability = {1.5}}}; }));
}

TEST_CASE("weights divided by the probability have full participation as their expectation",
          "[federated][selection][importance]") {
  // 12 clients whose models are 1 .. 12 after one step of rate 1, weights 1, 2, 3 in turn.
  std::vector<toy> clients;
  double all = 0.0, total = 0.0;
  for (int i = 0; i < 12; ++i) {
    const double w = 1.0 + i % 3;
    clients.push_back(toy{{.optimum = {static_cast<float>(i + 1)}, .rate = 1.0F, .weight = w}});
    all += w * (i + 1);
    total += w;
  }
  double sum = 0.0, squares = 0.0;
  const float zero = 0.0F;
  using namespace muster::federated;
  using tested = federation<slot::aggregator<fixed_total>, slot::selection<by_chance>,
                            slot::executor<in_process<toy>>>;
  tested f{tested::server_type{{&zero, 1}, fixed_total{total, &sum, &squares}},
           in_process<toy>{clients}, by_chance{{.probability = {0.9, 0.2, 0.6, 0.35, 0.75}}}};
  f.join(support::client_numbers(12));
  constexpr int rounds = 20000;
  REQUIRE(f.run_rounds(rounds).has_value());
  const double mean = sum / rounds;
  const double sd = std::sqrt((squares / rounds - mean * mean) / rounds);
  INFO(mean << " +- " << sd << ", all together " << all / total);
  CHECK(sd < 0.04);
  CHECK(std::abs(mean - all / total) < 4.0 * sd);
}
