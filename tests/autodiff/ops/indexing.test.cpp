// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/ops/indexing.hpp>

#include <array>

#include "autodiff/checks.hpp"

using namespace muster_test;

TEST_CASE("gradient of picking one entry of each row", "[autodiff][ops]") {
  for (const std::size_t n : {1UL, 2UL, 7UL}) {
    for (const std::size_t k : {1UL, 3UL, 5UL}) {
      std::vector<std::uint32_t> index(n);
      for (std::size_t i = 0; i < n; ++i) index[i] = static_cast<std::uint32_t>(i * 3 % k);
      check_everywhere(
          [&](auto x) { return pick_columns(x, on_backend(x.on().backend(), index, {n})); },
          random_array({n, k}, n + k));
    }
  }
}

TEST_CASE("gradient of gathering rows, repeated ones included", "[autodiff][ops]") {
  const std::vector<std::uint32_t> index{2, 0, 2, 2, 1};
  for (const std::size_t c : {1UL, 4UL, 9UL}) {
    check_everywhere(
        [&](auto x) {
          return square(gather_rows(x, on_backend(x.on().backend(), index, {index.size()})));
        },
        random_array({3, c}, c));
  }
}

TEST_CASE("gradient of concat along every axis", "[autodiff][ops]") {
  check_everywhere(
      [](auto a, auto b) {
        return muster::autodiff::concat({a, b}, 0);
      },
      random_array({3}, 1), random_array({5}, 2));
  check_everywhere(
      [](auto a, auto b) {
        return square(muster::autodiff::concat({a, b, a}, 0));
      },
      random_array({3, 2}, 1), random_array({1, 2}, 2));
  check_everywhere(
      [](auto a, auto b) {
        return square(muster::autodiff::concat({a, b}, 1));
      },
      random_array({3, 2}, 1), random_array({3, 5}, 2));
  check_everywhere(
      [](auto a, auto b) {
        return square(muster::autodiff::concat({a, b}, 1));
      },
      random_array({2, 1, 3}, 1), random_array({2, 4, 3}, 2));
  for (std::size_t axis = 0; axis < 4; ++axis) {
    num::shape s{2, 3, 1, 2};
    s.set(axis, 4);
    check_everywhere(
        [&](auto a, auto b) {
          return square(concat(std::array{a, b}, axis));
        },
        random_array({2, 3, 1, 2}, 1), random_array(s, 2));
  }
}

TEST_CASE("gradient of slices along every axis", "[autodiff][ops]") {
  const array x = random_array({3, 4, 2, 5}, 7);
  for (std::size_t axis = 0; axis < 4; ++axis) {
    const std::size_t n = x.shape()[axis];
    check_everywhere([&](auto v) { return square(slice(v, axis, 0, 1)); }, x);
    check_everywhere([&](auto v) { return square(slice(v, axis, 1, n - 1)); }, x);
    check_everywhere([&](auto v) { return slice(v, axis, 0, 1) * slice(v, axis, n - 1, 1); }, x);
  }
  check_everywhere([](auto v) { return square(slice(v, 0, 2, 3)); }, random_array({7}, 1));
}

TEST_CASE("gradient of reshape", "[autodiff][ops]") {
  check_everywhere([](auto v) { return square(reshape(v, {6})); }, random_array({2, 3}, 1));
  check_everywhere(
      [](auto v) {
        return reshape(v, {3, 2}) * reshape(v, {1, 1, 3, 2});
      },
      random_array({2, 3}, 1));
}

TEST_CASE("indexing by hand", "[autodiff][ops]") {
  const array x = array_of({2, 3}, {1, 2, 3, 4, 5, 6});
  const std::vector<std::uint32_t> columns{2, 0};
  const std::vector<std::uint32_t> rows{1, 1, 0};
  check_values(values_of(
                   [&](auto v) {
                     return pick_columns(v, {columns.data(), {2}});
                   },
                   x),
               {3, 4});
  check_values(values_of(
                   [&](auto v) {
                     return gather_rows(v, {rows.data(), {3}});
                   },
                   x),
               {4, 5, 6, 4, 5, 6, 1, 2, 3});
  check_values(values_of(
                   [&](auto v) {
                     return muster::autodiff::concat({v, v}, 1);
                   },
                   x),
               {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6});
  check_values(values_of(
                   [&](auto v) {
                     return muster::autodiff::concat({v, v}, 0);
                   },
                   x),
               {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6});
  check_values(values_of([&](auto v) { return slice(v, 1, 1, 2); }, x), {2, 3, 5, 6});
  check_values(values_of([&](auto v) { return slice(v, 0, 1, 1); }, x), {4, 5, 6});
}

TEST_CASE("slices of the first axis and reshapes copy nothing", "[autodiff][ops]") {
  const array x = random_array({4, 3}, 1);
  muster::autodiff::tape<double, num::reference> t;
  const auto v = t.variable(x.view());
  CHECK(slice(v, 0, 1, 2).value().data() == x.data() + 3);
  CHECK(reshape(v, {12}).value().data() == x.data());
}
