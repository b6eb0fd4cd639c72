// SPDX-License-Identifier: Apache-2.0
#include <muster/core/time.hpp>

#include <cstdint>
#include <type_traits>

#include "support/catch.hpp"

using muster::duration, muster::from_seconds, muster::instant, muster::microseconds,
    muster::milliseconds, muster::seconds;

static_assert(std::is_trivially_copyable_v<duration> && sizeof(duration) == 8);
static_assert(std::is_trivially_copyable_v<instant> && sizeof(instant) == 8);
static_assert(!std::is_convertible_v<duration, instant> &&
                  !std::is_convertible_v<instant, duration>,
              "a length of time is not a point of time");
template <class A, class B>
concept addable = requires(A a, B b) {
  a + b;
};
static_assert(addable<instant, duration> && !addable<instant, instant>);

static_assert(seconds(2) == milliseconds(2000) && milliseconds(3) == microseconds(3000));
static_assert(seconds(1) + milliseconds(500) == milliseconds(1500));
static_assert(milliseconds(1) - seconds(1) == microseconds(-999000));
static_assert(-seconds(1) < duration{} && duration{} < microseconds(1));
static_assert(milliseconds(250) * 4 == seconds(1) && 4 * milliseconds(250) == seconds(1));
static_assert(seconds(1) / milliseconds(300) == 3, "whole times it fits, towards zero");
static_assert(seconds(1) / 3 == microseconds(333333));
static_assert(instant{} + seconds(3) - instant{1000000} == seconds(2));
static_assert(instant{5} - microseconds(7) == instant{-2});
static_assert(instant{1} < instant{2} && instant{2} < muster::never);

TEST_CASE("compound assignment moves along", "[core][time]") {
  duration d = seconds(1);
  d += milliseconds(250);
  CHECK(d == milliseconds(1250));
  d -= seconds(2);
  CHECK(d == milliseconds(-750));
  instant t{10};
  t += microseconds(5);
  CHECK(t == instant{15});
}

TEST_CASE("seconds become the nearest microsecond", "[core][time]") {
  CHECK(from_seconds(0.0) == duration{});
  CHECK(from_seconds(1.5) == milliseconds(1500));
  CHECK(from_seconds(0.1) + from_seconds(0.2) == from_seconds(0.3));  // false for doubles
  CHECK(from_seconds(4e-7) == microseconds(0));
  CHECK(from_seconds(6e-7) == microseconds(1));
  CHECK(from_seconds(-6e-7) == microseconds(-1));
  CHECK(from_seconds(9e12).us == 9000000000000000000);
}

TEST_CASE("microseconds become seconds", "[core][time]") {
  CHECK(milliseconds(1250).seconds() == Approx(1.25).epsilon(1e-15));
  CHECK(milliseconds(1250).milliseconds() == 1250.0);
  CHECK(instant{2500000}.seconds() == Approx(2.5).epsilon(1e-15));
}
