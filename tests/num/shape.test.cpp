// SPDX-License-Identifier: Apache-2.0
#include <muster/num/shape.hpp>

#include "support/catch.hpp"

using muster::num::shape;

static_assert(shape{}.rank() == 0 && shape{}.size() == 1);
static_assert(shape{4, 3, 2}.size() == 24);
static_assert(shape{4, 3, 2}.rows() == 12 && shape{4, 3, 2}.columns() == 2);
static_assert(shape{5}.rows() == 1 && shape{5}.columns() == 5);
static_assert(shape{}.rows() == 1 && shape{}.columns() == 1);
static_assert(shape{0, 7}.size() == 0 && shape{0, 7}.columns() == 7);
static_assert(shape{2, 3} == shape{2, 3} && shape{2, 3} != shape{3, 2} && shape{6} != shape{2, 3});

TEST_CASE("an extent can be changed", "[num][shape]") {
  shape s{2, 3};
  s.set(0, 5);
  CHECK(s == shape{5, 3});
  CHECK(s[0] == 5);
}
