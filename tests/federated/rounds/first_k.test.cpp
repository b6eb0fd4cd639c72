// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <muster/federated/rounds/first_k.hpp>

using muster::federated::first_k;

static_assert(!first_k::restarts);
constexpr first_k three{{.k = 3}};
static_assert(!three.closes({.fresh = 2, .waiting = 5}));
static_assert(three.closes({.fresh = 3, .waiting = 5}));
static_assert(
    !three.closes({.fresh = 2, .late = 9, .waiting = 5, .taken = 11}));  // late ones do not count
static_assert(three.closes({.fresh = 2, .waiting = 0}));                 // nobody else can come

TEST_CASE("first_k has no clock, and at least one", "[federated][rounds]") {
  CHECK(three.deadline(3, muster::instant{5}) == muster::never);
  CHECK(support::breaks("needs k of 1 or more", [] { const first_k none{{.k = 0}}; }));
}
