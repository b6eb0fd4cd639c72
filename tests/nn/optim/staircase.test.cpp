// SPDX-License-Identifier: Apache-2.0
#include <muster/nn/optim/staircase.hpp>

#include "support/catch.hpp"

using muster::nn::staircase;

// KMPS: 5e-4, times 0.96 after every 1000 steps.
constexpr staircase kmps{.rate = 5e-4, .decay = 0.96, .every = 1000};
static_assert(kmps(0) == 5e-4);
static_assert(kmps(999) == 5e-4);
static_assert(kmps(1000) == 5e-4 * 0.96);
static_assert(kmps(1999) == 5e-4 * 0.96);

TEST_CASE("the rate drops once per stair", "[nn][staircase]") {
  CHECK(kmps(0) == Approx(0.0005).epsilon(1e-15));
  CHECK(kmps(999) == Approx(0.0005).epsilon(1e-15));
  CHECK(kmps(1000) == Approx(0.00048).epsilon(1e-15));
  CHECK(kmps(2000) == Approx(0.0004608).epsilon(1e-15));
  CHECK(kmps(3000) == Approx(0.000442368).epsilon(1e-15));
  CHECK(staircase{}(1000) == 0.96);  // the defaults are a rate_scale
}

TEST_CASE("a far stair ends at zero, not at nonsense", "[nn][staircase]") {
  CHECK(kmps(~std::uint64_t{0}) == 0.0);
  CHECK(staircase{.rate = 2.0, .decay = 1.0, .every = 1}(1'000'000'007) == 2.0);
}
