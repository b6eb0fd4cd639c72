// SPDX-License-Identifier: Apache-2.0
#include <muster/num/view.hpp>

#include "support/catch.hpp"

using muster::num::shape, muster::num::view;

static_assert(view<float>{}.empty() && view<float>{}.size() == 0);
static_assert(std::is_convertible_v<view<float>, view<const float>>);
static_assert(!std::is_convertible_v<view<const float>, view<float>>);
static_assert(!std::is_convertible_v<view<double>, view<const float>>);

TEST_CASE("rows, slices and other shapes see the same elements", "[num][view]") {
  int data[6] = {0, 1, 2, 3, 4, 5};
  const view<int> v{data, shape{3, 2}};
  CHECK(v(2, 1) == 5);
  CHECK(v.row(1)[0] == 2);
  const auto middle = v.slice(1, 1);
  CHECK(middle.shape() == shape{1, 2});
  CHECK(middle(0, 1) == 3);
  CHECK(v.slice(3, 0).size() == 0);
  CHECK(v.reshaped({2, 3})(1, 2) == 5);
  v[4] = 40;
  CHECK(data[4] == 40);
  const view<const int> read_only = v;
  CHECK(read_only.data() == data);
}

TEST_CASE("a view of a span is one row", "[num][view]") {
  int data[3] = {1, 2, 3};
  const view<int> v{std::span<int>{data}};
  CHECK(v.shape() == shape{3});
  CHECK((v.rows() == 1 && v.columns() == 3));
}

TEST_CASE("no rows is not the same as not wanted", "[num][view]") {
  int data[1] = {};
  const view<int> none{data, shape{0, 4}};
  CHECK(none.size() == 0);
  CHECK_FALSE(none.empty());
}
