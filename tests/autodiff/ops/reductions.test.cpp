// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/ops/reductions.hpp>

#include "autodiff/checks.hpp"

using namespace muster_test;

namespace {

// All values differ by more than the step of the differences.
array distinct(num::shape s) {
  array x{s};
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = 0.1 * static_cast<double>((i * 7 + 3) % (x.size() + 1)) - 1.0;
  }
  return x;
}

const std::vector<num::shape> shapes{{1}, {17}, {3, 5}, {1, 4}, {4, 1}, {2, 3, 5}, {2, 3, 1, 4}};

}  // namespace

TEST_CASE("gradients of reductions over everything", "[autodiff][ops]") {
  for (const num::shape& s : shapes) {
    check_everywhere([](auto x) { return sum(x); }, distinct(s));
    check_everywhere([](auto x) { return mean(x); }, distinct(s));
    check_everywhere([](auto x) { return smallest(x); }, distinct(s));
    check_everywhere([](auto x) { return largest(x); }, distinct(s));
  }
  check_everywhere([](auto x) { return sum(x) * mean(x); }, distinct({}));
}

TEST_CASE("gradients of reductions over each axis", "[autodiff][ops]") {
  for (const num::shape& s : shapes) {
    for (std::size_t axis = 0; axis < s.rank(); ++axis) {
      INFO("rank " << s.rank() << " axis " << axis);
      check_everywhere([&](auto x) { return sum(x, axis); }, distinct(s));
      check_everywhere([&](auto x) { return mean(x, axis); }, distinct(s));
      check_everywhere([&](auto x) { return smallest(x, axis); }, distinct(s));
      check_everywhere([&](auto x) { return largest(x, axis); }, distinct(s));
    }
  }
}

TEST_CASE("reductions by hand", "[autodiff][ops]") {
  const array x = array_of({2, 3}, {1, -2, 6, 4, 0, 3});
  check_values(values_of([](auto v) { return sum(v); }, x), {12});
  check_values(values_of([](auto v) { return mean(v); }, x), {2});
  check_values(values_of([](auto v) { return smallest(v); }, x), {-2});
  check_values(values_of([](auto v) { return largest(v); }, x), {6});
  check_values(values_of([](auto v) { return sum(v, 0); }, x), {5, -2, 9});
  check_values(values_of([](auto v) { return mean(v, 1); }, x), {5.0 / 3.0, 7.0 / 3.0});
  check_values(values_of([](auto v) { return smallest(v, 1); }, x), {-2, 0});
  check_values(values_of([](auto v) { return largest(v, 0); }, x), {4, 0, 6});
}

TEST_CASE("the axis disappears from the shape, ties go to the first", "[autodiff][ops]") {
  const array x = array_of({2, 1, 3}, {5, 5, 1, 0, 0, 0});
  muster::autodiff::tape<double, num::reference> t;
  const auto v = t.variable(x.view());
  CHECK(sum(v).shape() == num::shape{});
  CHECK(sum(v, 0).shape() == num::shape{1, 3});
  CHECK(sum(v, 1).shape() == num::shape{2, 3});
  CHECK(sum(v, 2).shape() == num::shape{2, 1});
  t.backward(sum(largest(v, 2)));
  check_values({v.grad().span().begin(), v.grad().span().end()}, {1, 0, 0, 1, 0, 0});
}
