// SPDX-License-Identifier: Apache-2.0
#include <muster/stats/quantile.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <muster/core/distributions.hpp>

#include "support/catch.hpp"
#include "support/contract.hpp"

namespace stats = muster::stats;

TEST_CASE("quantiles are those of definition 7", "[stats][quantile]") {
  const std::array x{1.0, 2.0, 3.0, 4.0};
  CHECK(stats::quantile_sorted(x, 0.0) == 1.0);
  CHECK(stats::quantile_sorted(x, 0.25) == 1.75);  // h = 0.75
  CHECK(stats::quantile_sorted(x, 0.5) == 2.5);
  CHECK(stats::quantile_sorted(x, 0.9) == Approx(3.7));
  CHECK(stats::quantile_sorted(x, 1.0) == 4.0);
  // Ten values, q = 0.95: h = 8.55.
  const std::array y{10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 200.0};
  CHECK(stats::quantile_sorted(y, 0.95) == Approx(90.0 + 0.55 * 110.0));
}

TEST_CASE("the order of the values does not matter", "[stats][quantile]") {
  muster::rng g{1};
  for (const std::size_t n : {1U, 2U, 3U, 10U, 101U}) {
    std::vector<double> x(n);
    for (double& v : x) v = std::floor(muster::normal{0.0, 3.0}(g));  // with ties
    auto sorted = x;
    std::sort(sorted.begin(), sorted.end());
    const auto before = x;
    for (const double q : {0.0, 0.1, 0.25, 0.5, 0.77, 0.99, 1.0}) {
      const double expected = stats::quantile_sorted(sorted, q);
      CHECK(stats::quantile(x, q) == expected);
      auto scratch = x;
      CHECK(stats::quantile_in_place(scratch, q) == expected);
    }
    CHECK(x == before);
  }
}

TEST_CASE("the median is in the middle", "[stats][quantile]") {
  CHECK(stats::median(std::array{3.0, 1.0, 2.0}) == 2.0);
  CHECK(stats::median(std::array{3.0, 1.0, 2.0, 10.0}) == 2.5);
  CHECK(stats::median(std::array{7.0}) == 7.0);
}

TEST_CASE("quantiles between equal values are that value", "[stats][quantile]") {
  const std::vector<double> x(7, 0.1);
  for (int i = 0; i <= 100; ++i) CHECK(stats::quantile(x, i / 100.0) == 0.1);
}

TEST_CASE("quantiles never fall as the level rises", "[stats][quantile]") {
  muster::rng g{2};
  std::vector<double> x(37);
  for (double& v : x) v = muster::exponential{}(g);
  double last = -1.0;
  for (int i = 0; i <= 1000; ++i) {
    const double q = stats::quantile(x, i / 1000.0);
    CHECK(q >= last);
    last = q;
  }
}

TEST_CASE("there is no quantile of nothing, nor beyond one", "[stats][quantile]") {
  using support::breaks;
  const std::vector<double> none, some{1.0};
  CHECK(breaks("quantile of nothing", [&] { static_cast<void>(stats::quantile(none, 0.5)); }));
  CHECK(breaks("write 0 <= q <= 1", [&] { static_cast<void>(stats::quantile(some, 95.0)); }));
  CHECK(breaks("write 0 <= q <= 1", [&] { static_cast<void>(stats::quantile_sorted(some, NAN)); }));
}
