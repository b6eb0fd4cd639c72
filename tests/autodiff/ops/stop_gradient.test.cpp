// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/ops/stop_gradient.hpp>

#include "autodiff/checks.hpp"

using namespace muster_test;

TEST_CASE("nothing flows back through stop_gradient", "[autodiff][ops]") {
  const array x = array_of({2}, {3, -4});
  muster::autodiff::tape<double, num::reference> t;
  const auto v = t.variable(x.view());
  const auto y = sum(v * stop_gradient(v));  // like c · v with c = the value of v
  CHECK(y.item() == 25.0);
  t.backward(y);
  check_values({v.grad().span().begin(), v.grad().span().end()}, {3, -4});
  CHECK(stop_gradient(v).value().data() == x.data());
}

TEST_CASE("what only feeds a stopped gradient gets none", "[autodiff][ops]") {
  const array x = array_of({2}, {3, -4});
  muster::autodiff::tape<double, num::reference> t;
  const auto v = t.variable(x.view());
  const auto y = t.variable(x.view());
  t.backward(sum(y) + sum(stop_gradient(square(v))));
  CHECK(v.grad().empty());
  CHECK(!y.grad().empty());
}
