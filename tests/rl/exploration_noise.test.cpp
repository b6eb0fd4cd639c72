// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/rl/exploration_noise.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <array>
#include <cmath>

#include "support/catch.hpp"

using namespace muster;

TEST_CASE("the process has the moments it should have", "[rl][exploration_noise]") {
  // x' = (1 - theta) x + sigma n: variance sigma^2 / (1 - (1 - theta)^2), lag-one correlation
  // 1 - theta.
  rl::ornstein_uhlenbeck noise{{.theta = 0.15, .sigma = 0.2, .step = 1.0}};
  rng g{5};
  double squares = 0.0, products = 0.0, last = 0.0;
  constexpr int n = 200000;
  for (int i = 0; i < n; ++i) {
    std::array a{0.0F};
    noise(a, g);
    const double x = static_cast<double>(a[0]);
    squares += x * x;
    products += x * last;
    last = x;
  }
  CHECK(squares / n == Approx(0.04 / (1.0 - 0.85 * 0.85)).epsilon(0.03));
  CHECK(products / squares == Approx(0.85).margin(0.01));
}

TEST_CASE("a smaller step is a slower clock", "[rl][exploration_noise]") {
  rl::ornstein_uhlenbeck noise{{.theta = 0.15, .sigma = 0.3, .step = 0.01}};
  rng g{5};
  double squares = 0.0;
  constexpr int n = 2000000;
  for (int i = 0; i < n; ++i) {
    std::array a{0.0F};
    noise(a, g);
    squares += static_cast<double>(a[0]) * static_cast<double>(a[0]);
  }
  CHECK(squares / n == Approx(0.09 / 0.3).epsilon(0.15));
}

TEST_CASE("a reset begins at zero", "[rl][exploration_noise]") {
  rl::ornstein_uhlenbeck noise;
  rng g{1}, h{1};
  std::array a{0.0F, 0.0F}, b{0.0F, 0.0F};
  noise(a, g);
  noise.reset();
  noise(b, h);
  CHECK(a == b);
}

TEST_CASE("independent noise", "[rl][exploration_noise]") {
  rl::gaussian_noise noise{{.sigma = 0.5}};
  rng g{2};
  double squares = 0.0, products = 0.0, last = 0.0;
  constexpr int n = 100000;
  for (int i = 0; i < n; ++i) {
    std::array a{1.0F};
    noise(a, g);
    const double x = static_cast<double>(a[0]) - 1.0;
    squares += x * x;
    products += x * last;
    last = x;
  }
  CHECK(squares / n == Approx(0.25).epsilon(0.02));
  CHECK(products / squares == Approx(0.0).margin(0.01));
}

TEST_CASE("noise does not allocate once warm", "[rl][exploration_noise]") {
  rl::ornstein_uhlenbeck noise;
  rng g{1};
  std::array a{0.0F, 0.0F};
  noise(a, g);
  testing::no_alloc_scope scope;
  for (int i = 0; i < 10; ++i) noise(a, g);
  noise.reset();
  CHECK(scope.allocations() == 0);
}
