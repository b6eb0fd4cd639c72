// SPDX-License-Identifier: Apache-2.0
#include <muster/autodiff/ops/elementwise.hpp>

#include <cmath>

#include "autodiff/checks.hpp"

using namespace muster_test;

namespace {

template <class F>
void check_shapes(const F& f, bool positive = false) {
  for (const num::shape& s : {num::shape{}, num::shape{1}, num::shape{17}, num::shape{3, 7},
                              num::shape{2, 3, 5}, num::shape{2, 1, 3, 3}}) {
    // Multiples of 0.25 plus 0.1 or 2.35: never at a kink.
    check_everywhere(f, random_steps(s, s.size(), positive ? 2.35 : 0.1));
  }
}

}  // namespace

TEST_CASE("gradients of functions of one element", "[autodiff][ops]") {
  check_shapes([](auto x) { return -x; });
  check_shapes([](auto x) { return exp(x); });
  check_shapes([](auto x) { return log(x); }, true);
  check_shapes([](auto x) { return abs(x); });
  check_shapes([](auto x) { return square(x); });
  check_shapes([](auto x) { return sqrt(x); }, true);
}

TEST_CASE("gradients of activations", "[autodiff][ops]") {
  check_shapes([](auto x) { return relu(x); });
  check_shapes([](auto x) { return leaky_relu(x); });
  check_shapes([](auto x) { return elu(x); });
  check_shapes([](auto x) { return tanh(x); });
  check_shapes([](auto x) { return sigmoid(x); });
  check_shapes([](auto x) { return softplus(x); });
}

TEST_CASE("gradient of clip: passes inside, stops outside", "[autodiff][ops]") {
  check_shapes([](auto x) { return clip(x, -1.0, 0.5); });
  check_shapes([](auto x) { return clip(exp(x), 0.8, 1.2) * x; });
}

TEST_CASE("functions of one element by hand", "[autodiff][ops]") {
  const array x = array_of({4}, {-2, -0.5, 0, 3});
  check_values(values_of([](auto v) { return -v; }, x), {2, 0.5, 0, -3});
  check_values(values_of([](auto v) { return abs(v); }, x), {2, 0.5, 0, 3});
  check_values(values_of([](auto v) { return square(v); }, x), {4, 0.25, 0, 9});
  check_values(values_of([](auto v) { return relu(v); }, x), {0, 0, 0, 3});
  check_values(values_of([](auto v) { return leaky_relu(v); }, x), {-0.02, -0.005, 0, 3});
  check_values(values_of([](auto v) { return clip(v, -1.0, 2.0); }, x), {-1, -0.5, 0, 2});
  check_values(values_of([](auto v) { return exp(v); }, x),
               {0.1353352832366127, 0.6065306597126334, 1, 20.085536923187668});
  check_values(values_of([](auto v) { return elu(v); }, x),
               {-0.8646647167633873, -0.3934693402873666, 0, 3});
  check_values(values_of([](auto v) { return tanh(v); }, x),
               {-0.9640275800758169, -0.46211715726000973, 0, 0.9950547536867305});
  check_values(values_of([](auto v) { return sigmoid(v); }, x),
               {0.11920292202211755, 0.3775406687981454, 0.5, 0.9525741268224334});
  check_values(values_of([](auto v) { return softplus(v); }, x),
               {0.1269280110429726, 0.4740769841801067, 0.6931471805599453, 3.048587351573742});
  const array p = array_of({3}, {1, 4, 0.25});
  check_values(values_of([](auto v) { return sqrt(v); }, p), {1, 2, 0.5});
  check_values(values_of([](auto v) { return log(v); }, p),
               {0, 1.3862943611198906, -1.3862943611198906});
}

TEST_CASE("softplus and sigmoid do not overflow", "[autodiff][ops]") {
  const array x = array_of({2}, {-800, 800});
  check_values(values_of([](auto v) { return softplus(v); }, x), {0, 800});
  check_values(values_of([](auto v) { return sigmoid(v); }, x), {0, 1});
}
