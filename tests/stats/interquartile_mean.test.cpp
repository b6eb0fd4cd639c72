// SPDX-License-Identifier: Apache-2.0
#include <muster/stats/interquartile_mean.hpp>

#include <array>
#include <vector>

#include "support/catch.hpp"

using muster::stats::interquartile_mean;

TEST_CASE("interquartile_mean is the mean of the middle half", "[stats][iqm]") {
  // 12 values: the 3 least and the 3 greatest go, (5+6+6+7+7+8)/6 = 6.5 stays.
  const std::array x{5.0, 8.0, 4.0, 38.0, 8.0, 6.0, 9.0, 7.0, 7.0, 3.0, 1.0, 6.0};
  CHECK(interquartile_mean(x) == Approx(6.5).epsilon(1e-15));
}

TEST_CASE("values at the quartiles count in part", "[stats][iqm]") {
  // 9 values, from 2.25 to 6.75: (0.75*5 + 7 + 9 + 11 + 0.75*13) / 4.5 = 9.
  const std::array odd{1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0, 17.0};
  CHECK(interquartile_mean(odd) == Approx(9.0).epsilon(1e-15));
  // 5 values, from 1.25 to 3.75: (0.75*1 + 2 + 0.75*7) / 2.5 = 3.2.
  CHECK(interquartile_mean(std::array{0.0, 1.0, 2.0, 7.0, 100.0}) == Approx(3.2).epsilon(1e-15));
}

TEST_CASE("one failed run in ten does not move it much", "[stats][iqm]") {
  std::vector<double> x{10, 10, 10, 10, 10, 10, 10, 10, 10, 10};
  x[3] = -1e9;
  CHECK(interquartile_mean(x) == 10.0);
}

TEST_CASE("interquartile_mean of few values", "[stats][iqm]") {
  CHECK(interquartile_mean(std::array{4.0}) == 4.0);
  CHECK(interquartile_mean(std::array{4.0, 8.0}) == 6.0);
  // 0.75 to 2.25: a quarter of the first, all of the second, a quarter of the third
  CHECK(interquartile_mean(std::array{0.0, 3.0, 12.0}) == Approx((0.0 + 3.0 + 3.0) / 1.5));
}
