// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <muster/federated/rounds/round_deadline.hpp>

using namespace muster;
using federated::round_deadline;

static_assert(!round_deadline::restarts);
constexpr round_deadline ten{{.length = seconds(10), .at_least = 2}};
constexpr instant opened{7};
static_assert(ten.deadline(0, opened) == opened + seconds(10));
static_assert(!ten.closes({.opened = opened, .now = opened + microseconds(9999999), .fresh = 5}));
static_assert(
    ten.closes({.opened = opened, .now = opened + seconds(10), .fresh = 5, .waiting = 3}));
static_assert(
    !ten.closes({.opened = opened, .now = opened + seconds(10), .fresh = 1, .waiting = 0}));
static_assert(ten.closes({.opened = opened, .now = opened + seconds(11), .fresh = 1, .late = 1}));

TEST_CASE("lengths are spread evenly, by seed and round", "[federated][rounds]") {
  const round_deadline rule{{.length = seconds(20), .spread = seconds(10), .seed = 4}};
  const round_deadline other{{.length = seconds(20), .spread = seconds(10), .seed = 5}};
  double sum = 0.0;
  int low = 0, high = 0, same = 0;
  for (std::uint64_t round = 0; round < 1000; ++round) {
    const duration length = rule.deadline(round, opened) - opened;
    CHECK((length >= seconds(20) && length < seconds(30)));
    CHECK(length == rule.deadline(round, instant{}) - instant{});
    same += length == other.deadline(round, opened) - opened ? 1 : 0;
    low += length < seconds(21) ? 1 : 0;
    high += length >= seconds(29) ? 1 : 0;
    sum += length.seconds();
  }
  CHECK(sum / 1000 == Approx(25.0).margin(0.5));  // sd of the mean 0.09
  CHECK((low > 50 && high > 50));                 // 100 expected of each, sd 9.5
  CHECK(same < 3);
}

TEST_CASE("a deadline needs a length", "[federated][rounds]") {
  CHECK(support::breaks("a length above 0", [] { const round_deadline d{{.length = {}}}; }));
  CHECK(support::breaks("a spread of 0 or more",
                        [] { const round_deadline d{{.spread = seconds(-1)}}; }));
  CHECK(support::breaks("at_least of 1", [] { const round_deadline d{{.at_least = 0}}; }));
}
