// SPDX-License-Identifier: Apache-2.0
#include <muster/stats/jain_index.hpp>

#include <array>
#include <vector>

#include <muster/core/distributions.hpp>

#include "support/catch.hpp"
#include "support/contract.hpp"

using muster::stats::jain_index;

TEST_CASE("jain_index runs from one winner to equal shares", "[stats][jain]") {
  CHECK(jain_index(std::array{1.0, 2.0, 3.0}) == Approx(36.0 / 42.0).epsilon(1e-15));
  CHECK(jain_index(std::vector<double>(7, 0.3)) == Approx(1.0).epsilon(1e-15));
  CHECK(jain_index(std::array{0.0, 5.0, 0.0, 0.0}) == 0.25);
  // k of n served alike gives k / n: how the index is read.
  CHECK(jain_index(std::array{2.0, 2.0, 0.0, 0.0, 2.0}) == Approx(0.6).epsilon(1e-15));
}

TEST_CASE("jain_index does not depend on the unit", "[stats][jain]") {
  const std::array x{0.2, 0.9, 0.4};
  const std::array scaled{200.0, 900.0, 400.0};
  CHECK(jain_index(x) == Approx(jain_index(scaled)).epsilon(1e-15));
}

TEST_CASE("jain_index of nothing for anybody is one", "[stats][jain]") {
  CHECK(jain_index(std::vector<double>(3, 0.0)) == 1.0);
  CHECK(jain_index(std::vector<double>(3, 0.0), std::vector<double>(3, 2.0)) == 1.0);
}

TEST_CASE("equal weights give the plain index", "[stats][jain]") {
  muster::rng g{1};
  std::vector<double> x(20);
  for (double& v : x) v = muster::exponential{}(g);
  CHECK(jain_index(x, std::vector<double>(20, 0.7)) == Approx(jain_index(x)).epsilon(1e-14));
}

TEST_CASE("a weight of two counts a user twice", "[stats][jain]") {
  const std::array x{1.0, 4.0, 2.0};
  const std::array w{2.0, 1.0, 3.0};
  CHECK(jain_index(x, w) ==
        Approx(jain_index(std::array{1.0, 1.0, 4.0, 2.0, 2.0, 2.0})).epsilon(1e-15));
  // (2 + 4 + 6)^2 / (6 (2 + 16 + 12)) = 144 / 180
  CHECK(jain_index(x, w) == Approx(0.8).epsilon(1e-15));
}

TEST_CASE("a user of weight zero is not there", "[stats][jain]") {
  CHECK(jain_index(std::array{1.0, 1.0, 100.0}, std::array{1.0, 1.0, 0.0}) == 1.0);
}

TEST_CASE("jain_index refuses negative shares", "[stats][jain]") {
  CHECK(support::breaks("write x >= 0", [] {
    static_cast<void>(jain_index(std::array{1.0, -0.5}));
  }));
  CHECK(support::breaks("one weight per share", [] {
    static_cast<void>(jain_index(std::array{1.0, 2.0}, std::array{1.0}));
  }));
}
