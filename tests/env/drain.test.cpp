// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <muster/env/drain.hpp>

using namespace muster;

static_assert(env::drain_one{}.count(0) == 0 && env::drain_one{}.count(9) == 1);
static_assert(env::drain_all{}.count(0) == 0 && env::drain_all{}.count(9) == 9);
static_assert(env::drain_up_to<4>{}.count(3) == 3 && env::drain_up_to<4>{}.count(9) == 4);

TEST_CASE("drain policies never pass on more than waits", "[env][drain]") {
  for (std::size_t n = 0; n < 20; ++n) {
    CHECK(env::drain_one{}.count(n) <= n);
    CHECK(env::drain_all{}.count(n) <= n);
    CHECK(env::drain_up_to<5>{}.count(n) <= n);
  }
}
