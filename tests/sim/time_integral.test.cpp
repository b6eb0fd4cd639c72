// SPDX-License-Identifier: Apache-2.0
#include <muster/core/rng.hpp>
#include <muster/sim/time_integral.hpp>

#include "support/catch.hpp"

using muster::instant;
using muster::sim::time_integral;

TEST_CASE("time_integral sums level times time", "[sim][time_integral]") {
  constexpr auto made = [] {
    time_integral i{instant{10}, 2};
    i.set(instant{15}, 7);   // 2 x 5
    i.add(instant{15}, -4);  // no time passes
    i.add(instant{25}, 1);   // 3 x 10
    return i;
  }();
  static_assert(made.level() == 4);
  static_assert(made.total(instant{25}) == 40);
  static_assert(made.total(instant{30}) == 60);
  CHECK(made.mean(instant{10}, instant{30}) == 3.0);
  CHECK(made.mean(instant{25}, instant{25}) == 4.0);
}

TEST_CASE("a million small steps lose nothing", "[sim][time_integral]") {
  time_integral i;
  muster::rng g{1};
  std::int64_t truth = 0;
  instant now{};
  for (int k = 0; k < 1'000'000; ++k) {
    const auto step = static_cast<std::int64_t>(muster::uniform_below(g, 1000));
    truth += i.level() * step;
    now += muster::microseconds(step);
    i.set(now, static_cast<std::int64_t>(muster::uniform_below(g, 64'000)));
  }
  CHECK(i.total(now) == truth);
}
