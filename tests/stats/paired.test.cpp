// SPDX-License-Identifier: Apache-2.0
#include <muster/stats/paired.hpp>

#include <array>
#include <vector>

#include <muster/core/distributions.hpp>

#include "support/catch.hpp"

using muster::stats::compare_paired;

TEST_CASE("a paired comparison has the mean difference and the exact p", "[stats][paired]") {
  const std::array a{5.0, 6.0, 7.5, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0};
  const std::array b{4.9, 5.8, 7.2, 7.6, 8.5, 9.4, 10.3, 11.2, 12.1, 13.0};
  muster::rng g{1};
  const auto c = compare_paired(a, b, g);
  CHECK(c.count == 10);
  CHECK(c.mean_difference == Approx(0.55));  // 0.1 ... 1.0
  CHECK(c.p_value == 2.0 / 1024);            // all of one sign
  CHECK(c.confidence.low > 0.3);
  CHECK(c.confidence.low < 0.55);
  CHECK(c.confidence.high > 0.55);
  CHECK(c.confidence.high < 0.8);
}

TEST_CASE("what both have in common does not hide a difference", "[stats][paired]") {
  muster::rng g{2};
  std::vector<double> a(10), b(10);
  for (std::size_t i = 0; i < 10; ++i) {
    const double common = muster::normal{100.0, 50.0}(g);
    a[i] = common + 1.0 + muster::normal{0.0, 0.3}(g);
    b[i] = common;
  }
  const auto c = compare_paired(a, b, g);
  CHECK(c.p_value < 0.01);
  CHECK(c.confidence.contains(1.0));
  CHECK_FALSE(c.confidence.contains(0.0));
}

TEST_CASE("exchanging the two turns the sign", "[stats][paired]") {
  const std::array a{1.0, 2.0, 4.0, 1.0};
  const std::array b{0.5, 2.5, 3.0, 1.0};
  muster::rng g{3}, h{3};
  const auto ab = compare_paired(a, b, g);
  const auto ba = compare_paired(b, a, h);
  CHECK(ab.mean_difference == -ba.mean_difference);
  CHECK(ab.p_value == ba.p_value);
}

TEST_CASE("equal lists and single pairs show nothing", "[stats][paired]") {
  const std::array a{1.0, 2.0, 3.0};
  muster::rng g{4};
  const auto same = compare_paired(a, a, g);
  CHECK(same.mean_difference == 0.0);
  CHECK(same.p_value == 1.0);
  CHECK(same.confidence == muster::stats::interval{0.0, 0.0});
  const auto one = compare_paired(std::array{3.0}, std::array{1.0}, g);
  CHECK(one.mean_difference == 2.0);
  CHECK(one.p_value == 1.0);
  CHECK(one.confidence == muster::stats::interval{2.0, 2.0});
}
