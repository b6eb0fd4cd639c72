// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/ops/arithmetic.hpp>

#include "autodiff/checks.hpp"

using namespace muster_test;

namespace {

const std::vector<std::pair<num::shape, num::shape>> shapes{
    {{5}, {5}},
    {{1}, {7}},
    {{7}, {}},
    {{}, {7}},
    {{2, 3}, {2, 3}},
    {{2, 3}, {3}},
    {{2, 3}, {2, 1}},
    {{1, 3}, {5, 1}},
    {{3}, {5, 3}},
    {{4, 1, 3}, {2, 1}},
    {{2, 3, 5}, {3, 1}},
    {{2, 1, 3, 1}, {4, 1, 5}},
    {{2, 2, 3, 2}, {2, 2, 3, 2}},
    {{2, 2, 3, 2}, {}},
    {{1, 2, 1, 3}, {2, 1, 5, 1}},
    {{1}, {1}},
};

template <class F>
void check_all_shapes(const F& f) {
  std::uint64_t seed = 1;
  for (const auto& [a, b] : shapes) {
    INFO("pair " << seed);
    // b keeps away from 0, for division, and from a, for minimum and maximum.
    array x = random_steps(a, seed, 0.1);
    array y = random_steps(b, seed + 100, 0.2);
    check_everywhere(f, x, y);
    ++seed;
  }
}

}  // namespace

TEST_CASE("gradients of a + b, a - b, a * b and a / b over all broadcasts", "[autodiff][ops]") {
  check_all_shapes([](auto a, auto b) { return a + b; });
  check_all_shapes([](auto a, auto b) { return a - b; });
  check_all_shapes([](auto a, auto b) { return a * b; });
}

TEST_CASE("gradient of a / b over all broadcasts", "[autodiff][ops]") {
  std::uint64_t seed = 1;
  for (const auto& [a, b] : shapes) {
    check_everywhere([](auto x, auto y) { return x / y; }, random_array(a, seed),
                     random_array(b, seed + 100, 0.5, 2.0));
    ++seed;
  }
}

TEST_CASE("gradients of minimum and maximum over all broadcasts", "[autodiff][ops]") {
  check_all_shapes([](auto a, auto b) { return minimum(a, b); });
  check_all_shapes([](auto a, auto b) { return maximum(a, b); });
}

TEST_CASE("gradients of arithmetic with numbers", "[autodiff][ops]") {
  for (const num::shape& s : {num::shape{}, num::shape{1}, num::shape{7}, num::shape{3, 5},
                              num::shape{2, 3, 3}, num::shape{2, 1, 3, 2}}) {
    const array x = random_array(s, 5, 0.5, 2.0);
    check_everywhere([](auto v) { return v + 1.5; }, x);
    check_everywhere([](auto v) { return 1.5 + v; }, x);
    check_everywhere([](auto v) { return v - 1.5; }, x);
    check_everywhere([](auto v) { return 1.5 - v; }, x);
    check_everywhere([](auto v) { return v * -2.5; }, x);
    check_everywhere([](auto v) { return -2.5 * v; }, x);
    check_everywhere([](auto v) { return v / 4.0; }, x);
    check_everywhere([](auto v) { return 4.0 / v; }, x);
  }
}

TEST_CASE("one array on both sides gets both shares", "[autodiff][ops]") {
  const array x = random_array({3, 5}, 3, 0.5, 2.0);
  check_everywhere([](auto v) { return v * v; }, x);
  check_everywhere([](auto v) { return v / v + v - v; }, x);
  check_everywhere([](auto v) { return v * v * v; }, x);
  // A tie of x with itself: the gradient goes to the first and to nobody else.
  muster::autodiff::tape<double, num::simd> t;
  const auto v = t.variable(x.view());
  t.backward(sum(minimum(v, v)));
  for (const double g : v.grad().span()) CHECK(g == 1.0);
  // One parameter that was put on the tape twice: still one gradient.
  array gradient{{3, 5}};
  t.reset();
  t.backward(sum(t.parameter(x.view(), gradient.view()) * t.parameter(x.view(), gradient.view())));
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(gradient[i] == 2.0 * x[i]);
}

TEST_CASE("arithmetic by hand", "[autodiff][ops]") {
  const array a = array_of({2, 2}, {1, 2, 3, 4});
  const array b = array_of({2}, {10, 0.5});
  check_values(values_of([](auto x, auto y) { return x + y; }, a, b), {11, 2.5, 13, 4.5});
  check_values(values_of([](auto x, auto y) { return x - y; }, a, b), {-9, 1.5, -7, 3.5});
  check_values(values_of([](auto x, auto y) { return x * y; }, a, b), {10, 1, 30, 2});
  check_values(values_of([](auto x, auto y) { return x / y; }, a, b), {0.1, 4, 0.3, 8});
  check_values(values_of([](auto x, auto y) { return minimum(x, y); }, a, b), {1, 0.5, 3, 0.5});
  check_values(values_of([](auto x, auto y) { return maximum(x, y); }, a, b), {10, 2, 10, 4});
  check_values(values_of([](auto x) { return 2.0 * x - 1.0; }, a), {1, 3, 5, 7});
  check_values(values_of([](auto x) { return 1.0 - x / 2.0; }, a), {0.5, 0, -0.5, -1});
  check_values(values_of([](auto x) { return 12.0 / x; }, a), {12, 6, 4, 3});
}
