// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/operation.hpp>

#include "autodiff/checks.hpp"

using namespace muster_test;
using muster::autodiff::operation;
using muster::autodiff::var;

namespace {

// Operations as a user writes them, outside of the library.

struct twice_op {  // y = 2 x
  const char* name() const { return "twice"; }
  void forward(const auto& step) const {
    step.backend().copy(step.input(0), step.output());
    step.backend().scale(step.output(), 2);
  }
  void backward(auto& step) const {
    step.backend().axpy(2, step.output_gradient(), step.input_gradient(0));
  }
};
template <class T, class Backend>
var<T, Backend> twice(var<T, Backend> x) {
  return x.on().record(twice_op{}, {&x, 1}, x.shape());
}

struct cube_op {  // y = x³; keeps x² for the way back
  const char* name() const { return "cube"; }
  void forward(const auto& step) const {
    using num::binary;
    const auto x = step.input(0);
    const auto squares = step.saved().reshaped(x.shape());
    step.backend().apply(binary::multiply, x, x, squares);
    step.backend().apply(binary::multiply, squares, x, step.output());
  }
  void backward(auto& step) const {  // dx += 3 x² dy
    const auto dy = step.output_gradient();
    const auto room = step.scratch(dy.shape());
    step.backend().apply(num::binary::multiply, step.saved().reshaped(dy.shape()), dy, room);
    step.backend().axpy(3, room, step.input_gradient(0));
  }
};
template <class T, class Backend>
var<T, Backend> cube(var<T, Backend> x) {
  return x.on().record(cube_op{}, {&x, 1}, x.shape(), x.value().size());
}

struct wrong_op : twice_op {  // forgets the 2
  void backward(auto& step) const {
    step.backend().axpy(1, step.output_gradient(), step.input_gradient(0));
  }
};
struct hoarder_op : twice_op {
  double numbers[9] = {};  // more than fits
};
struct silent_op {};

static_assert(operation<twice_op, float, num::simd>);
static_assert(operation<cube_op, double, foreign_backend>);
static_assert(!operation<hoarder_op, float, num::simd>);
static_assert(!operation<silent_op, float, num::simd>);

}  // namespace

TEST_CASE("an operation from outside works on every backend", "[autodiff][operation]") {
  for (const num::shape& s : {num::shape{}, num::shape{5}, num::shape{3, 7}}) {
    check_everywhere([](auto x) { return twice(x); }, random_array(s, 1));
    check_everywhere([](auto x) { return cube(x); }, random_array(s, 2));
    check_everywhere([](auto x) { return cube(twice(x)) * x; }, random_array(s, 3));
  }
  check_values(values_of([](auto x) { return cube(twice(x)); }, array_of({2}, {1, -0.5})), {8, -1});
}

TEST_CASE("scratch of one step does not run into the next", "[autodiff][operation]") {
  const array x = random_array({300}, 1);
  check_everywhere([](auto v) { return cube(cube(v * 0.5)); }, x);
}

TEST_CASE("a wrong derivative is found", "[autodiff][operation]") {
  const auto report = muster::autodiff::check_gradient(
      [](auto x) {
        return x.on().record(wrong_op{}, {&x, 1}, x.shape());
      },
      random_array({3}, 1));
  CHECK_FALSE(report.within(0.4));
  CHECK(report.within(0.6));  // 1 instead of 2
}
