// SPDX-License-Identifier: Apache-2.0
#include <muster/stats/bootstrap.hpp>

#include <array>
#include <cmath>
#include <vector>

#include <muster/core/distributions.hpp>

#include "support/catch.hpp"

namespace stats = muster::stats;
using stats::bootstrap_config, stats::bootstrap_interval, stats::bootstrap_method;

namespace {

const auto average = [](std::span<const double> x) { return stats::mean(x); };
const auto plug_in_variance = [](std::span<const double> x) {
  return stats::variance(x) * static_cast<double>(x.size() - 1) / static_cast<double>(x.size());
};

// B. Efron, R. Tibshirani: An introduction to the bootstrap, table 14.1, test A.
const std::vector<double> spatial{48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6,
                                  0,  33, 28, 34, 4,  32, 24, 47, 41, 24, 26, 30, 41};

}  // namespace

TEST_CASE("percentile and BCa intervals of the spatial data", "[stats][bootstrap]") {
  // The book, tables 14.2 and 14.3, 90 % intervals for the variance from 2000 resamples:
  // estimate 171.5, percentile (100.8, 233.9), BCa (115.8, 259.6), acceleration 0.061.
  CHECK(plug_in_variance(spatial) == Approx(171.5).margin(0.05));
  CHECK(stats::bootstrap_acceleration(spatial, plug_in_variance) == Approx(0.061).margin(0.0005));

  // Its 2000 resamples place the ends of the percentile interval to a standard error of 2, those
  // of BCa to 4 (z0 adds its own); twice that is the margin here.
  muster::rng g{1}, h{1};
  const auto percentile =
      bootstrap_interval(spatial, plug_in_variance, g, {40000, 0.9, bootstrap_method::percentile});
  CHECK(percentile.low == Approx(100.8).margin(4.0));
  CHECK(percentile.high == Approx(233.9).margin(4.0));
  const auto bca =
      bootstrap_interval(spatial, plug_in_variance, h, {40000, 0.9, bootstrap_method::bca});
  CHECK(bca.low == Approx(115.8).margin(8.0));
  CHECK(bca.high == Approx(259.6).margin(8.0));

  // Another program of these formulas, 120000 resamples of another generator: closer.
  CHECK(percentile.low == Approx(97.4).margin(1.5));
  CHECK(percentile.high == Approx(235.8).margin(1.5));
  CHECK(bca.low == Approx(115.8).margin(1.5));
  CHECK(bca.high == Approx(261.8).margin(4.0));
}

TEST_CASE("percentile interval of three values, by counting", "[stats][bootstrap]") {
  // The 27 resamples of {0, 1, 2} have sums 0 ... 6 in 1, 3, 6, 7, 6, 3, 1 ways. The 5 % point
  // of the mean: 1/27 = 3.7 % lie at 0, 14.8 % at 1/3 or below.
  muster::rng g{2};
  const auto i = bootstrap_interval(
      std::array{0.0, 1.0, 2.0}, average, g,
      {.resamples = 20000, .level = 0.9, .method = bootstrap_method::percentile});
  CHECK(i.low == Approx(1.0 / 3).epsilon(1e-15));
  CHECK(i.high == Approx(5.0 / 3).epsilon(1e-15));
}

TEST_CASE("acceleration of a mean is its skewness", "[stats][bootstrap]") {
  // {0, 0, 3}: d = -1, -1, 2, cubes 6, squares 6.
  CHECK(stats::bootstrap_acceleration(std::array{0.0, 0.0, 3.0}, average) ==
        Approx(6.0 / (6.0 * std::pow(6.0, 1.5))).epsilon(1e-14));
  CHECK(stats::bootstrap_acceleration(std::array{1.0, 2.0, 3.0, 4.0}, average) ==
        Approx(0.0).margin(1e-15));
  CHECK(stats::bootstrap_acceleration(std::array{5.0}, average) == 0.0);
}

TEST_CASE("BCa is the percentile interval where nothing is skewed", "[stats][bootstrap]") {
  std::vector<double> x(41);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i) - 20.0;
  muster::rng a{3}, b{3};
  const auto bca = bootstrap_interval(x, average, a, {.resamples = 20000});
  const auto percentile =
      bootstrap_interval(x, average, b, {20000, 0.95, bootstrap_method::percentile});
  // What is left is z0 by chance: 3.3 / sqrt(20000) at most, on a scale of sd 1.85.
  CHECK(bca.low == Approx(percentile.low).margin(0.1));
  CHECK(bca.high == Approx(percentile.high).margin(0.1));
}

TEST_CASE("the same generator gives the same interval", "[stats][bootstrap]") {
  muster::rng a{4}, b{4}, c{5};
  const auto first = bootstrap_interval(spatial, average, a, {.resamples = 500});
  CHECK(bootstrap_interval(spatial, average, b, {.resamples = 500}) == first);
  CHECK(a == b);
  CHECK_FALSE(bootstrap_interval(spatial, average, c, {.resamples = 500}) == first);
}

TEST_CASE("an interval without spread has no width", "[stats][bootstrap]") {
  muster::rng g{6};
  for (const auto method : {bootstrap_method::percentile, bootstrap_method::bca}) {
    const bootstrap_config c{.resamples = 100, .level = 0.95, .method = method};
    CHECK(bootstrap_interval(std::array{7.0}, average, g, c) == stats::interval{7.0, 7.0});
    CHECK(bootstrap_interval(std::vector<double>(9, 2.5), average, g, c) ==
          stats::interval{2.5, 2.5});
  }
}

TEST_CASE("extreme statistics keep BCa finite", "[stats][bootstrap]") {
  muster::rng g{7};
  const auto greatest = [](std::span<const double> x) {
    double m = x[0];
    for (const double v : x) m = v > m ? v : m;
    return m;
  };
  const auto i = bootstrap_interval(spatial, greatest, g, {.resamples = 1000});
  CHECK((i.low >= 0.0 && i.high == 48.0));
  CHECK(i.low <= i.high);
  const auto j = bootstrap_interval(std::array{0.0, 1e9}, greatest, g, {.resamples = 50});
  CHECK(j.low <= j.high);
}

TEST_CASE("intervals cover as often as they say", "[stats][bootstrap]") {
  const auto coverage = [](bootstrap_method method, auto draw, double truth) {
    muster::rng g{8};
    int covered = 0;
    const int rounds = 600;
    for (int round = 0; round < rounds; ++round) {
      std::vector<double> x(40);
      for (double& v : x) v = draw(g);
      covered += bootstrap_interval(x, average, g, {400, 0.95, method}).contains(truth);
    }
    return static_cast<double>(covered) / rounds;
  };
  // 99.9 % band of a share of 0.95 in 600 rounds: 0.029. The bootstrap is a little short at
  // n = 40 (that of a normal mean by 0.01), hence the wider lower side.
  const double normal = coverage(bootstrap_method::percentile, muster::normal{3.0, 2.0}, 3.0);
  CHECK(normal > 0.90);
  CHECK(normal < 0.98);
  const double skewed = coverage(bootstrap_method::bca, muster::exponential{1.0}, 1.0);
  CHECK(skewed > 0.89);
  CHECK(skewed < 0.98);
}
