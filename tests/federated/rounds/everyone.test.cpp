// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <muster/federated/rounds/everyone.hpp>

using muster::federated::everyone;

static_assert(!everyone::restarts);
static_assert(everyone{}.closes({.fresh = 3, .waiting = 0}));
static_assert(!everyone{}.closes({.fresh = 3, .waiting = 1}));
static_assert(everyone{}.closes({.late = 1, .waiting = 0}));

TEST_CASE("everyone has no clock", "[federated][rounds]") {
  CHECK(everyone{}.deadline(3, muster::instant{5}) == muster::never);
}
