// SPDX-License-Identifier: Apache-2.0
#include <muster/stats/interval.hpp>

#include "support/catch.hpp"

using muster::stats::interval;

static_assert(interval{1.0, 3.0}.width() == 2.0);
static_assert(interval{}.width() == 0.0);

TEST_CASE("an interval contains its ends", "[stats]") {
  constexpr interval i{-1.0, 2.5};
  CHECK(i.contains(-1.0));
  CHECK(i.contains(2.5));
  CHECK(i.contains(0.0));
  CHECK_FALSE(i.contains(-1.0001));
  CHECK_FALSE(i.contains(2.5001));
  CHECK(i == interval{-1.0, 2.5});
}
