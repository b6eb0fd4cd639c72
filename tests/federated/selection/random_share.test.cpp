// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/federation_parts.hpp"

#include <algorithm>

#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/federated/selection/random_share.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;
using federated::random_share;

namespace {

std::vector<client_id> chosen_by(random_share s, std::uint64_t round,
                                 const std::vector<client_id>& awake) {
  std::vector<client_id> chosen;
  s.select(round, awake, chosen);
  CHECK(std::is_sorted(chosen.begin(), chosen.end()));
  CHECK(std::adjacent_find(chosen.begin(), chosen.end()) == chosen.end());
  CHECK(std::includes(awake.begin(), awake.end(), chosen.begin(), chosen.end()));
  return chosen;
}

}  // namespace

TEST_CASE("the share stays within its bounds over 1000 rounds, and all of it is used",
          "[federated][selection]") {
  const auto awake = support::client_numbers(50);
  std::vector<int> rounds_with(51), times(50);
  for (std::uint64_t round = 0; round < 1000; ++round) {
    const auto chosen = chosen_by(random_share{{.seed = 3}}, round, awake);
    ++rounds_with[chosen.size()];
    for (const client_id c : chosen) ++times[index_of(c)];
  }
  // 30 to 40 of 50, eleven numbers equally often: 91 each, standard deviation 9.1.
  for (std::size_t n = 0; n <= 50; ++n) {
    INFO(n);
    if (n < 30 || n > 40) CHECK(rounds_with[n] == 0);
    if (n >= 30 && n <= 40) CHECK((rounds_with[n] > 45 && rounds_with[n] < 137));
  }
  for (const int n : times) CHECK((n > 627 && n < 773));  // 700 expected, sd 14.5
}

TEST_CASE("a choice is a function of seed, round and who is awake", "[federated][selection]") {
  const auto awake = support::client_numbers(40);
  const random_share a{{.low = 0.5, .high = 0.5, .seed = 1}};
  CHECK(chosen_by(a, 7, awake) == chosen_by(a, 7, awake));
  CHECK(chosen_by(a, 7, awake) != chosen_by(a, 8, awake));
  CHECK(chosen_by(a, 7, awake) !=
        chosen_by(random_share{{.low = 0.5, .high = 0.5, .seed = 2}}, 7, awake));
  CHECK(chosen_by(a, 7, awake).size() == 20);
  random_share used = a;
  std::vector<client_id> chosen;
  used.select(1, awake, chosen);
  chosen.clear();
  used.select(7, awake, chosen);
  CHECK(chosen == chosen_by(a, 7, awake));
}

TEST_CASE("small federations get the nearest whole number, at least one",
          "[federated][selection]") {
  const auto count = [](double low, double high, std::size_t n) {
    return chosen_by(random_share{{.low = low, .high = high}}, 0, support::client_numbers(n))
        .size();
  };
  CHECK(count(0.6, 0.8, 1) == 1);
  CHECK(count(0.6, 0.8, 2) == 1);  // 1.2 to 1.6
  CHECK(count(0.6, 0.8, 3) == 2);  // 1.8 to 2.4
  CHECK(count(0.6, 0.6, 5) == 3);  // 0.6 x 5 is a little above 3 in doubles
  CHECK(count(0.01, 0.02, 10) == 1);
  CHECK(count(1.0, 1.0, 10) == 10);
  CHECK(support::breaks("0 < low <= high <= 1", [] { const random_share s{{.low = 0.0}}; }));
  CHECK(support::breaks("0 < low <= high <= 1", [] { const random_share s{{.low = 0.9}}; }));
  CHECK(support::breaks("0 < low <= high <= 1", [] { const random_share s{{.high = 1.1}}; }));
}

TEST_CASE("choosing does not allocate once warm", "[federated][selection]") {
  const auto awake = support::client_numbers(100);
  random_share s;
  std::vector<client_id> chosen;
  chosen.reserve(100);
  s.select(0, awake, chosen);
  const testing::no_alloc_scope scope;
  for (std::uint64_t round = 1; round < 20; ++round) {
    chosen.clear();
    s.select(round, awake, chosen);
  }
  const auto allocations = scope.allocations();
  CHECK(allocations == 0);
}
