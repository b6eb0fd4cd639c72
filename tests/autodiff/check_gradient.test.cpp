// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/check_gradient.hpp>

#include <cmath>
#include <string>

#include "autodiff/checks.hpp"

using namespace muster_test;
using muster::autodiff::check_gradient;
using muster::autodiff::gradient_check_config;

TEST_CASE("right gradients pass by a wide margin", "[autodiff][check_gradient]") {
  const array x = random_array({4, 3}, 1);
  const array w = random_array({3, 5}, 2);
  const auto report = check_gradient([](auto a, auto b) { return sum(tanh(matmul(a, b))); }, x, w);
  INFO(report.to_string());
  CHECK(report.within(1e-9));
}

TEST_CASE("the report says where, counted over inputs and elements", "[autodiff][check_gradient]") {
  const array x = random_array({3}, 1);
  const array y = random_array({4}, 2);
  // stop_gradient makes the tape blind for element 2 of the second input.
  const auto report = check_gradient(
      [](auto a, auto b) {
        const auto rest = slice(b, 0, 0, 2);
        return sum(a) + sum(rest) + sum(stop_gradient(slice(b, 0, 2, 1))) + sum(slice(b, 0, 3, 1));
      },
      x, y);
  CHECK(report.input == 1);
  CHECK(report.element == 2);
  CHECK(report.worst == Approx(1.0));
  CHECK(report.tape == 0.0);
  CHECK(std::abs(report.differences) > 0.4);
  CHECK(report.to_string().find("input 1, element 2: tape 0,") == 0);
}

TEST_CASE("a derivative in the wrong place is seen", "[autodiff][check_gradient]") {
  // d sum(x) is 1 everywhere, so a mixed-up order would not show without unequal weights.
  const array x = random_array({2, 3}, 1);
  const auto report = check_gradient(
      [](auto a) {
        return a + stop_gradient(reshape(a, {2, 3})) - stop_gradient(a);
      },
      x);
  CHECK(report.within(1e-9));
  const auto mixed = check_gradient(
      [](auto a) {
        // Value of row 0, gradient to row 1.
        return slice(a, 0, 0, 1) + slice(a, 0, 1, 1) - stop_gradient(slice(a, 0, 1, 1));
      },
      x);
  CHECK_FALSE(mixed.within(0.5));
}

TEST_CASE("what is not finite never passes", "[autodiff][check_gradient]") {
  const array x = array_of({2}, {1, -1});
  const auto report = check_gradient([](auto a) { return log(a); }, x);
  CHECK(std::isinf(report.worst));
  CHECK_FALSE(report.within(1e6));
}

TEST_CASE("large and small inputs keep their digits", "[autodiff][check_gradient]") {
  const array x = array_of({4}, {1e6, -3e4, 1e-9, 0});
  const auto report = check_gradient([](auto a) { return square(a) + sum(a); }, x);
  INFO(report.to_string());
  CHECK(report.within(1e-6));
}

TEST_CASE("step and floor are the caller's to set", "[autodiff][check_gradient]") {
  const array x = array_of({1}, {0.5});
  // With a step of 1/4 the kink at 0.6 is inside.
  const auto f = [](auto a) { return clip(a, -1.0, 0.6); };
  CHECK(check_gradient(gradient_check_config{0x1p-10, 1e-4}, f, x).within(1e-6));
  CHECK_FALSE(check_gradient(gradient_check_config{0x1p-2, 1e-4}, f, x).within(1e-6));
}
