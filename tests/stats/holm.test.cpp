// SPDX-License-Identifier: Apache-2.0
#include <muster/stats/holm.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <muster/core/rng.hpp>

#include "support/catch.hpp"

using muster::stats::holm;

TEST_CASE("holm multiplies by the number of hypotheses still open", "[stats][holm]") {
  // Sorted 0.005, 0.01, 0.03, 0.04: times 4, 3, 2, 1 = 0.02, 0.03, 0.06, 0.04 -> 0.06.
  const auto p = holm(std::array{0.01, 0.04, 0.03, 0.005});
  REQUIRE(p.size() == 4);
  CHECK(p[0] == Approx(0.03));
  CHECK(p[1] == Approx(0.06));
  CHECK(p[2] == Approx(0.06));
  CHECK(p[3] == Approx(0.02));
}

TEST_CASE("holm never exceeds one", "[stats][holm]") {
  CHECK(holm(std::array{0.6, 0.7, 0.02}) == std::vector<double>{1.0, 1.0, 0.06});
}

TEST_CASE("holm leaves a single p-value alone", "[stats][holm]") {
  CHECK(holm(std::array{0.04}) == std::vector<double>{0.04});
  CHECK(holm({}).empty());
}

TEST_CASE("equal p-values stay equal", "[stats][holm]") {
  const auto p = holm(std::array{0.02, 0.02, 0.02});
  CHECK(p == std::vector<double>{0.06, 0.06, 0.06});
}

TEST_CASE("holm keeps the order and lies between p and Bonferroni", "[stats][holm]") {
  muster::rng g{1};
  for (int round = 0; round < 100; ++round) {
    std::vector<double> p(1 + muster::uniform_below(g, 12));
    for (double& v : p) v = muster::uniform01(g) * muster::uniform01(g);
    const auto adjusted = holm(p);
    const auto m = static_cast<double>(p.size());
    for (std::size_t i = 0; i < p.size(); ++i) {
      CHECK(adjusted[i] >= p[i]);
      CHECK(adjusted[i] <= (std::min)(1.0, m * p[i]));
      for (std::size_t j = 0; j < p.size(); ++j) {
        if (p[i] < p[j]) CHECK(adjusted[i] <= adjusted[j]);
      }
    }
  }
}

TEST_CASE("all true hypotheses are together rejected at most in alpha of the cases",
          "[stats][holm]") {
  muster::rng g{2};
  int rejected = 0;
  const int rounds = 4000;
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> p(6);
    for (double& v : p) v = muster::uniform01(g);
    bool any = false;
    for (const double q : holm(p)) any = any || q <= 0.05;
    rejected += any;
  }
  // 1 - (1 - 0.05/6)^6 = 0.04898 for independent ones; 99.9 % band of a count.
  const double share = static_cast<double>(rejected) / rounds;
  CHECK(std::fabs(share - 0.04898) < 3.29 * std::sqrt(0.04898 * 0.951 / rounds));
}
