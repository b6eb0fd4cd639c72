// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <muster/federated/rounds/buffered.hpp>

using muster::federated::buffered;

static_assert(buffered::restarts);
constexpr buffered three{{.k = 3}};
static_assert(!three.closes({.fresh = 2, .waiting = 0, .taken = 2}));
static_assert(three.closes({.fresh = 1, .late = 2, .waiting = 4, .taken = 3}));
static_assert(three.closes({.fresh = 1, .waiting = 4, .taken = 3}));  // one client, three times
static_assert(buffered{}.closes({.late = 1, .taken = 1}));

TEST_CASE("a buffer has no clock, and room for one", "[federated][rounds]") {
  CHECK(three.deadline(3, muster::instant{5}) == muster::never);
  CHECK(support::breaks("needs k of 1 or more", [] { const buffered none{{.k = 0}}; }));
}
