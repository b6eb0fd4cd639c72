// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/ops/loss.hpp>

#include "autodiff/checks.hpp"

using namespace muster_test;

TEST_CASE("gradient of Huber's loss", "[autodiff][ops]") {
  for (const num::shape& s : {num::shape{}, num::shape{9}, num::shape{3, 5}, num::shape{2, 3, 2},
                              num::shape{2, 1, 2, 3}}) {
    check_everywhere([](auto x) { return huber(x, 1.0); }, random_steps(s, 2, 0.1));
    check_everywhere([](auto x) { return mean(huber(x, 0.5)); }, random_steps(s, 3, 0.1));
  }
}

TEST_CASE("Huber's loss by hand", "[autodiff][ops]") {
  const array x = array_of({5}, {-3, -1, 0, 0.5, 2});
  check_values(values_of([](auto v) { return huber(v, 1.0); }, x), {2.5, 0.5, 0, 0.125, 1.5});
}
