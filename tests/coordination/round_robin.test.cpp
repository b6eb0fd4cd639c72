// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include "support/catch.hpp"

#include <algorithm>
#include <vector>

#include <muster/coordination/round_robin.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;
using coordination::round_robin;

TEST_CASE("round_robin takes members in turn, from the first on", "[coordination][round_robin]") {
  round_robin r{3, {}, 1};
  for (const std::uint32_t m : {1U, 2U, 0U, 1U}) CHECK(r.take(instant{}) == m);
  r.reset();
  CHECK(r.take(instant{}) == 1);
  CHECK(r.take(instant{}, [](std::uint32_t m) { return m == 1; }) == 1);
  CHECK(r.take(instant{}) == 2);
  CHECK(r.take(instant{}, [](std::uint32_t) { return false; }) == round_robin::nobody);
  CHECK(r.take(instant{}) == 0);  // nobody took a turn
  CHECK(round_robin{}.take(instant{}) == round_robin::nobody);
}

TEST_CASE("round_robin leaves out open circuits, and lets one probe through after the pause",
          "[coordination][round_robin]") {
  round_robin r{3, {1, 1, milliseconds(100)}};
  CHECK(r.take(instant{}) == 0);
  r.report(0, true, instant{});
  CHECK(r.take(instant{}) == 1);
  r.report(1, false, instant{1000});
  CHECK(r.breaker(1).state() == coordination::circuit::open);
  testing::no_alloc_scope quiet;
  for (const std::uint32_t m : {2U, 0U, 2U, 0U}) CHECK(r.take(instant{2000}) == m);
  CHECK(quiet.allocations() == 0);
  // After the pause it is asked once, when its turn comes.
  const instant later{101'000};
  CHECK(r.take(later) == 1);
  for (const std::uint32_t m : {2U, 0U, 2U}) CHECK(r.take(later) == m);
  r.report(1, true, later);
  for (const std::uint32_t m : {0U, 1U, 2U}) CHECK(r.take(later) == m);
}

TEST_CASE("everybody gets the same, one more at most", "[coordination][round_robin][laws]") {
  for (std::uint32_t n = 1; n < 9; ++n) {
    round_robin r{n};
    std::vector<int> count(n, 0);
    for (int i = 0; i < 100; ++i) ++count[r.take(instant{})];
    const auto [least, most] = std::minmax_element(count.begin(), count.end());
    CHECK(*most - *least <= 1);
  }
}
