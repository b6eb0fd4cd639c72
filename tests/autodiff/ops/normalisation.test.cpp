// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/ops/normalisation.hpp>

#include <cmath>

#include "autodiff/checks.hpp"

using namespace muster_test;

TEST_CASE("gradient of layer norm", "[autodiff][ops]") {
  for (const num::shape& s : {num::shape{5}, num::shape{1, 2}, num::shape{3, 7},
                              num::shape{2, 3, 5}, num::shape{2, 1, 2, 4}}) {
    const std::size_t n = s.columns();
    check_everywhere([](auto x, auto gain, auto bias) { return layer_norm(x, gain, bias, 1e-3); },
                     random_array(s, 1), random_array({n}, 2), random_array({n}, 3));
  }
}

TEST_CASE("layer norm with one array in several places", "[autodiff][ops]") {
  const array x = random_array({3, 4}, 1);
  const array w = random_array({4}, 2);
  check_everywhere([](auto v, auto g) { return layer_norm(v, g, g, 1e-3); }, x, w);
  check_everywhere([](auto g) { return layer_norm(g, g, g, 1e-3); }, w);
}

TEST_CASE("layer norm by hand", "[autodiff][ops]") {
  // Mean 2, variance (1 + 1 + 0) / 3; eps 1/3 makes the divisor exactly 1.
  const array x = array_of({3}, {1, 3, 2});
  const array gain = array_of({3}, {1, 2, 3});
  const array bias = array_of({3}, {0, 10, 20});
  check_values(values_of([](auto v, auto g, auto b) { return layer_norm(v, g, b, 1.0 / 3.0); }, x,
                         gain, bias),
               {-1, 12, 20});
}
