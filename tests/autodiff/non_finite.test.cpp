// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/non_finite.hpp>

#include <limits>
#include <string>

#include "autodiff/checks.hpp"

using namespace muster_test;
using muster::autodiff::first_non_finite;
using muster::autodiff::tape;

namespace {
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
}

TEST_CASE("a healthy pass has no origin, large numbers included", "[autodiff][non_finite]") {
  const num::tensor<float> x{{2, 3}, 1e30F};
  const std::vector<std::uint8_t> mask{1, 0, 1, 1, 1, 0};
  tape<float> t;
  const auto v = t.variable(x.view());
  t.backward(sum(masked_log_softmax(v, {mask.data(), {2, 3}}) * 1e-30F));
  CHECK_FALSE(first_non_finite(t));
  CHECK(std::string{first_non_finite(t).operation}.empty());
}

TEST_CASE("the operation that began it is named, not those it spread to",
          "[autodiff][non_finite]") {
  const array x = array_of({3}, {1, -1, 2});
  tape<double> t;
  const auto v = t.variable(x.view());
  const auto bad = log(v);
  const auto y = sum(exp(square(bad) + 1.0));
  t.backward(y);
  const auto origin = first_non_finite(t);
  CHECK(origin.found);
  CHECK_FALSE(origin.in_gradient);
  CHECK(std::string{origin.operation} == "log");
  CHECK(origin.node == bad.index);
}

TEST_CASE("what came in bad is named as such", "[autodiff][non_finite]") {
  const array x = array_of({3}, {1, not_a_number, 2});
  array g{{3}};
  tape<double> t;
  static_cast<void>(sum(square(t.constant(x.view()))));
  CHECK(std::string{first_non_finite(t).operation} == "constant");
  t.reset();
  static_cast<void>(sum(square(t.parameter(x.view(), g.view()))));
  CHECK(std::string{first_non_finite(t).operation} == "parameter");
}

TEST_CASE("a gradient that breaks while all values are finite", "[autodiff][non_finite]") {
  // The slope of the square root at 0 is infinite; its value is 0. Others read x as well.
  const array x = array_of({2}, {0, 4});
  tape<double> t;
  const auto v = t.variable(x.view());
  const auto before = exp(v);
  const auto root = sqrt(v);
  const auto after = tanh(v);
  t.backward(sum(before + root + after));
  const auto origin = first_non_finite(t);
  CHECK(origin.found);
  CHECK(origin.in_gradient);
  CHECK(std::string{origin.operation} == "sqrt");
  CHECK(origin.node == root.index);
  // Looking changed nothing.
  CHECK(v.grad()[1] == Approx(54.598150033144236 + 0.25 + 0.0013409506830258968));
  CHECK(root.grad()[0] == 1.0);
}

TEST_CASE("a gradient that breaks on its way into a parameter", "[autodiff][non_finite]") {
  const array x = array_of({2}, {0, 4});
  array g{{2}};
  tape<double> t;
  const auto p = t.parameter(x.view(), g.view());
  t.backward(sum(sqrt(p * 3.0) + p));
  const auto origin = first_non_finite(t);
  CHECK(origin.in_gradient);
  CHECK(std::string{origin.operation} == "sqrt");
  // The same array once more on the tape: the reader is still found.
  t.reset();
  g.fill(0.0);
  const auto q = t.parameter(x.view(), g.view());
  const auto first = sqrt(q);
  t.backward(sum(first + t.parameter(x.view(), g.view())));
  CHECK(first_non_finite(t).node == first.index);
}

TEST_CASE("a gradient that was bad before the pass is the parameter's", "[autodiff][non_finite]") {
  const array x = array_of({2}, {0, 4});
  array g = array_of({2}, {not_a_number, 0});  // somebody forgot to zero it
  tape<double> t;
  t.backward(sum(t.parameter(x.view(), g.view())));
  const auto origin = first_non_finite(t);
  CHECK(origin.in_gradient);
  CHECK(std::string{origin.operation} == "parameter");
}

TEST_CASE("the search works on a device", "[autodiff][non_finite]") {
  tape<double, foreign_backend> t;
  const array x = array_of({2}, {0, 4});
  const auto v = t.variable(t.backend().keep(std::span<const double>{x.span()}, {2}));
  t.backward(sum(sqrt(v)));
  CHECK(std::string{first_non_finite(t).operation} == "sqrt");
  CHECK(first_non_finite(t).in_gradient);
}
