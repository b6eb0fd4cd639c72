// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <vector>

#include <muster/core/rng.hpp>
#include <muster/report/lanes.hpp>

#include "support/catch.hpp"

using muster::instant;
using muster::report::lanes;

TEST_CASE("overlapping intervals get lanes of their own, the lowest free one first",
          "[report][lanes]") {
  lanes l;
  CHECK(l.place(instant{0}, instant{10}) == 0);
  CHECK(l.place(instant{2}, instant{5}) == 1);
  CHECK(l.place(instant{5}, instant{6}) == 1);  // starts when its lane becomes free
  CHECK(l.place(instant{5}, instant{6}) == 2);
  CHECK(l.place(instant{10}, instant{10}) == 0);
  CHECK(l.place(instant{10}, instant{12}) == 0);  // an empty interval leaves the lane free
  CHECK(l.count() == 3);
}

TEST_CASE("no lane holds two intervals at once, and no lane is wasted", "[report][lanes]") {
  muster::rng random{7};
  struct bar {
    std::int64_t start, finish;
    std::uint32_t lane;
  };
  std::vector<bar> bars;
  lanes l;
  std::int64_t now = 0;
  for (int i = 0; i < 500; ++i) {
    now += static_cast<std::int64_t>(uniform_below(random, 4));
    const std::int64_t finish = now + 1 + static_cast<std::int64_t>(uniform_below(random, 20));
    bars.push_back({now, finish, l.place(instant{now}, instant{finish})});
  }
  std::size_t deepest = 0;
  for (const bar& a : bars) {
    std::size_t overlap = 0;
    for (const bar& b : bars) {
      const bool covers = b.start <= a.start && a.start < b.finish;
      if (covers) ++overlap;
      if (&a != &b && a.lane == b.lane) CHECK((a.finish <= b.start || b.finish <= a.start));
    }
    deepest = std::max(deepest, overlap);
  }
  CHECK(l.count() == deepest);
}
