// SPDX-License-Identifier: Apache-2.0
#include <muster/trace/rate_profile.hpp>

#include "support/catch.hpp"

using muster::trace::rate_profile;

TEST_CASE("the integral of the rate is piecewise linear", "[trace][rate_profile]") {
  constexpr rate_profile p{.rate = 10.0, .surge = 5.0, .horizon = muster::seconds(100)};
  static_assert(p.valid());
  static_assert(p(0.0) == 10.0 && p(40.0) == 50.0 && p(59.9) == 50.0 && p(60.0) == 10.0);
  static_assert(p.count(40.0) == 400.0);
  static_assert(p.count(60.0) == 1400.0);
  static_assert(p.total() == 1800.0);
  CHECK(p.count(200.0) == 2800.0);
}

TEST_CASE("at undoes count", "[trace][rate_profile]") {
  for (const double surge : {0.25, 1.0, 5.0}) {
    for (const double end : {0.4, 0.6, 1.0}) {
      const rate_profile p{
          .rate = 7.0, .surge = surge, .begin = 0.4, .end = end, .horizon = muster::seconds(50)};
      for (double s = 0.0; s <= 60.0; s += 0.25) CHECK(p.at(p.count(s)) == Approx(s).margin(1e-9));
    }
  }
}

TEST_CASE("a sum over small steps agrees with the integral", "[trace][rate_profile]") {
  const rate_profile p{
      .rate = 3.0, .surge = 4.0, .begin = 0.1, .end = 0.3, .horizon = muster::seconds(10)};
  double sum = 0.0;
  for (int i = 0; i < 100'000; ++i) sum += p((i + 0.5) * 1e-4) * 1e-4;
  CHECK(sum == Approx(p.total()));
}

TEST_CASE("what cannot be a load is not valid", "[trace][rate_profile]") {
  CHECK_FALSE(rate_profile{.rate = 0.0}.valid());
  CHECK_FALSE(rate_profile{.surge = -1.0}.valid());
  CHECK_FALSE(rate_profile{.begin = 0.7}.valid());  // behind the end
  CHECK_FALSE(rate_profile{.end = 1.1}.valid());
  CHECK_FALSE(rate_profile{.horizon = {}}.valid());
}
