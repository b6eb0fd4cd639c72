// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/federation_parts.hpp"

#include <muster/federated/selection/by_period.hpp>

using namespace muster;
using federated::by_period;

namespace {

std::vector<std::uint32_t> turn(const by_period& s, std::uint64_t round,
                                std::span<const client_id> awake) {
  std::vector<client_id> chosen;
  s.select(round, awake, chosen);
  std::vector<std::uint32_t> numbers;
  for (const client_id c : chosen) numbers.push_back(static_cast<std::uint32_t>(c));
  return numbers;
}
using ids = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("each has its turn once in a period", "[federated][selection]") {
  const auto awake = support::client_numbers(5);
  const by_period two;
  CHECK(turn(two, 0, awake) == ids{0, 2, 4});
  CHECK(turn(two, 1, awake) == ids{1, 3});
  CHECK(turn(two, 2, awake) == ids{0, 2, 4});
  const by_period mixed{{.every = {1, 3}}};  // 0, 2, 4 always; 1 and 3 every third round
  CHECK(turn(mixed, 0, awake) == ids{0, 2, 3, 4});
  CHECK(turn(mixed, 1, awake) == ids{0, 2, 4});
  CHECK(turn(mixed, 2, awake) == ids{0, 1, 2, 4});
  CHECK(turn(by_period{{.every = {1}}}, 9, awake) == ids{0, 1, 2, 3, 4});
}

TEST_CASE("when it is nobody's turn those who come next are taken", "[federated][selection]") {
  const auto all = support::client_numbers(9);
  const by_period ten{{.every = {10}}};
  const std::vector<client_id> awake{all[2], all[5]};
  CHECK(turn(ten, 8, awake) == ids{2});
  CHECK(turn(ten, 9, awake) == ids{2 + 3});  // 2 has just been; 5 waits until round 15, 2 until 18
  CHECK(support::breaks("periods of 1 or more", [] { const by_period p{{.every = {}}}; }));
  CHECK(support::breaks("periods of 1 or more", [] { const by_period p{{.every = {2, 0}}}; }));
}
