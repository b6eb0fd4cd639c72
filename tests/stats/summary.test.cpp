// SPDX-License-Identifier: Apache-2.0
#include <muster/stats/summary.hpp>

#include <array>
#include <cmath>
#include <vector>

#include "support/catch.hpp"

namespace stats = muster::stats;

static_assert(stats::mean(std::array{1.0, 2.0, 6.0}) == 3.0);
static_assert(stats::variance(std::array{1.0, 2.0, 6.0}) == 7.0, "(4 + 1 + 9) / 2");

TEST_CASE("a sum is added in pairs", "[stats]") {
  // 2^53 swallows each 1 that is added to it alone; the tree gathers the ones first.
  std::vector<double> x(1024, 1.0);
  x[0] = 0x1.0p53;
  double in_order = 0.0;
  for (const double v : x) in_order += v;
  CHECK(in_order == 0x1.0p53);
  // The leaf of 16 that holds 2^53 loses its 15 ones, no other does.
  CHECK(stats::sum(x) == 0x1.0p53 + 1008.0);
}

TEST_CASE("the error of a long sum stays at the last digit", "[stats]") {
  const std::vector<double> x(1000000, 0.1);
  double in_order = 0.0;
  for (const double v : x) in_order += v;
  CHECK(std::fabs(in_order - 100000.0) > 1e-7);
  CHECK(std::fabs(stats::sum(x) - 100000.0) < 1e-10);
}

TEST_CASE("a sum adds other types and functions of the index", "[stats]") {
  const std::vector<int> whole{1, 2, 3};
  CHECK(stats::sum(std::span<const int>{whole}) == 6.0);
  CHECK(stats::pairwise_sum(100, [](std::size_t i) { return static_cast<double>(i); }) == 4950.0);
  CHECK(stats::pairwise_sum(0, [](std::size_t) { return 1.0; }) == 0.0);
  for (std::size_t n = 0; n < 200; ++n) {  // every index once, whatever the length
    std::vector<double> once(n, 1.0);
    CHECK(stats::sum(once) == static_cast<double>(n));
  }
}

TEST_CASE("a summary has the numbers of the column", "[stats]") {
  const std::vector<double> x{2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0};
  const auto s = stats::summarise(x);
  CHECK(s.count == 8);
  CHECK(s.mean == 5.0);
  CHECK(s.sd == Approx(std::sqrt(32.0 / 7.0)).epsilon(1e-15));
  CHECK(s.minimum == 2.0);
  CHECK(s.maximum == 9.0);
}

TEST_CASE("spread survives a large mean", "[stats]") {
  // Sum of squares minus square of sum would give 0 or worse here.
  const std::vector<double> x{1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0};
  CHECK(stats::variance(x) == 30.0);
}

TEST_CASE("a column of one or none has no spread", "[stats]") {
  const std::vector<double> one{3.0};
  CHECK(stats::mean(one) == 3.0);
  CHECK(stats::sd(one) == 0.0);
  const auto s = stats::summarise({});
  CHECK(s.count == 0);
  CHECK(s.mean == 0.0);
}
