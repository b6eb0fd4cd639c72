// SPDX-License-Identifier: Apache-2.0
#include <muster/core/distributions/continuous.hpp>

#include <cmath>
#include <type_traits>

#include "support/catch.hpp"
#include "support/statistics.hpp"

using muster::exponential, muster::gamma, muster::gumbel, muster::normal, muster::pareto,
    muster::rng, muster::uniform;

static_assert(std::is_aggregate_v<uniform> && std::is_aggregate_v<normal> &&
              std::is_aggregate_v<exponential> && std::is_aggregate_v<muster::gamma> &&
              std::is_aggregate_v<pareto> && std::is_aggregate_v<gumbel>);

namespace {

constexpr std::size_t many = 40000;

template <class D>
std::vector<double> draw(const D& d, std::uint64_t seed, std::size_t n = many) {
  rng g{seed, 11};
  return support::sample(n, [&] { return d(g); });
}

}  // namespace

TEST_CASE("uniform_open01 is never 0 or 1", "[core][distributions]") {
  rng g{1};
  for (int i = 0; i < 100000; ++i) {
    const double u = muster::uniform_open01(g);
    REQUIRE((u > 0.0 && u < 1.0));
  }
  // The ends of the lattice, as the function would make them from all-zero and all-one bits.
  CHECK((0.0 + 0.5) * 0x1.0p-52 > 0.0);
  CHECK((static_cast<double>(~std::uint64_t{0} >> 12) + 0.5) * 0x1.0p-52 < 1.0);
}

TEST_CASE("normal_quantile has the tabulated values", "[core][distributions]") {
  using muster::normal_quantile;
  CHECK(normal_quantile(0.5) == 0.0);
  // mpmath, 40 digits: sqrt(2) erfinv(2p - 1)
  CHECK(normal_quantile(0.975) == Approx(1.959963984540054).epsilon(1e-15));
  CHECK(normal_quantile(0.995) == Approx(2.5758293035489004).epsilon(1e-15));
  CHECK(normal_quantile(0.9995) == Approx(3.2905267314918945).epsilon(1e-14));
  CHECK(normal_quantile(0.025) == Approx(-1.959963984540054).epsilon(1e-14));
  CHECK(normal_quantile(0.075) == Approx(-1.4395314709384563).epsilon(1e-15));
  CHECK(normal_quantile(1e-10) == Approx(-6.361340902404056).epsilon(1e-15));
  CHECK(normal_quantile(1e-300) == Approx(-37.047096299361199).epsilon(1e-15));
  CHECK(normal_quantile(0x1.0p-53) == Approx(-8.2095361516013874).epsilon(1e-14));
}

TEST_CASE("normal_quantile inverts the error function", "[core][distributions]") {
  for (int i = 1; i < 2000; ++i) {
    const double p = i / 2000.0;
    const double x = muster::normal_quantile(p);
    CHECK(0.5 * std::erfc(-x / std::sqrt(2.0)) == Approx(p).epsilon(1e-14));
  }
}

TEST_CASE("closed forms equal the formula of one uniform number", "[core][distributions]") {
  rng g{42, 3};
  rng twin = g;
  const auto u = [&] { return muster::uniform_open01(twin); };
  CHECK(exponential{.rate = 4.0}(g) == -std::log(u()) / 4.0);
  CHECK(normal{.mean = 3.0, .sd = 2.0}(g) == 3.0 + 2.0 * muster::normal_quantile(u()));
  CHECK(pareto{.scale = 2.0, .shape = 3.0}(g) == Approx(2.0 * std::pow(u(), -1.0 / 3.0)));
  CHECK(gumbel{.location = 1.0, .scale = 2.0}(g) == 1.0 - 2.0 * std::log(-std::log(u())));
  CHECK(uniform{.lo = 0.0, .hi = 1.0}(g) == muster::uniform01(twin));
  CHECK(g.state().step == 5);  // one number each, so that streams stay in step
  CHECK(g == twin);
}

TEST_CASE("uniform has its moments and shape", "[core][distributions]") {
  const auto x = draw(uniform{.lo = -2.0, .hi = 3.0}, 1);
  const double w = 5.0;
  CHECK(support::moments_fit(x, 0.5, w * w / 12, w * w * w * w / 80));
  CHECK(support::fits(x, [&](double v) { return (v + 2.0) / w; }));
  for (const double v : x) REQUIRE((v >= -2.0 && v < 3.0));
}

TEST_CASE("uniform never returns its upper end", "[core][distributions]") {
  const double lo = 1.0, hi = std::nextafter(1.0, 2.0);
  for (const double v : draw(uniform{lo, hi}, 2, 100)) CHECK(v == lo);
}

TEST_CASE("exponential has its moments and shape", "[core][distributions]") {
  const auto x = draw(exponential{.rate = 0.25}, 3);
  CHECK(support::moments_fit(x, 4.0, 16.0, 9.0 * 256.0));
  CHECK(support::fits(x, [](double v) { return 1.0 - std::exp(-0.25 * v); }));
}

TEST_CASE("normal has its moments and shape", "[core][distributions]") {
  const auto x = draw(normal{.mean = -1.0, .sd = 3.0}, 4);
  CHECK(support::moments_fit(x, -1.0, 9.0, 3.0 * 81.0));
  CHECK(support::fits(x,
                      [](double v) { return 0.5 * std::erfc(-(v + 1.0) / 3.0 / std::sqrt(2.0)); }));
  rng g{5};
  CHECK(normal{.mean = 7.0, .sd = 0.0}(g) == 7.0);
}

TEST_CASE("gamma has its moments and shape, below and above one", "[core][distributions]") {
  const double shape = GENERATE(0.05, 0.5, 1.0, 2.5, 40.0);
  CAPTURE(shape);
  const double scale = 1.5;
  const auto x = draw(muster::gamma{.shape = shape, .scale = scale}, 6);
  const double variance = shape * scale * scale;
  const double fourth = (3.0 * shape * shape + 6.0 * shape) * scale * scale * scale * scale;
  CHECK(support::moments_fit(x, shape * scale, variance, fourth));
  CHECK(support::fits(x, [&](double v) { return support::gamma_p(shape, v / scale); }));
}

TEST_CASE("gamma of shape one is exponential", "[core][distributions]") {
  CHECK(support::fits(draw(muster::gamma{.shape = 1.0, .scale = 2.0}, 7),
                      [](double v) { return 1.0 - std::exp(-v / 2.0); }));
}

TEST_CASE("pareto has its moments and shape", "[core][distributions]") {
  const double a = 5.0, m = 2.0;
  const auto x = draw(pareto{.scale = m, .shape = a}, 8);
  const double mean = a * m / (a - 1.0);
  const double variance = m * m * a / ((a - 1.0) * (a - 1.0) * (a - 2.0));
  // Central fourth moment from the raw ones, E X^k = a m^k / (a - k).
  const auto raw = [&](int k) { return a * std::pow(m, k) / (a - k); };
  const double fourth =
      raw(4) - 4 * mean * raw(3) + 6 * mean * mean * raw(2) - 3 * mean * mean * mean * mean;
  CHECK(support::moments_fit(x, mean, variance, fourth));
  CHECK(support::fits(x, [&](double v) { return 1.0 - std::pow(m / v, a); }));
  for (const double v : x) REQUIRE(v >= m);
}

TEST_CASE("gumbel has its moments and shape", "[core][distributions]") {
  const auto x = draw(gumbel{.location = 2.0, .scale = 0.5}, 9);
  const double pi2 = 9.869604401089358;
  const double variance = pi2 / 6.0 * 0.25;
  const double fourth = (12.0 / 5.0 + 3.0) * variance * variance;  // excess kurtosis 12/5
  CHECK(support::moments_fit(x, 2.0 + 0.5772156649015329 * 0.5, variance, fourth));
  CHECK(support::fits(x, [](double v) { return std::exp(-std::exp(-(v - 2.0) / 0.5)); }));
}

TEST_CASE("the largest of log weight plus gumbel is drawn by weight", "[core][distributions]") {
  rng g{10};
  const std::vector<double> w{1.0, 2.0, 3.0, 4.0};
  std::vector<std::uint64_t> counts(4);
  for (int i = 0; i < 20000; ++i) {
    std::size_t best = 0;
    double best_key = -1e300;
    for (std::size_t k = 0; k < 4; ++k) {
      const double key = std::log(w[k]) + gumbel{}(g);
      if (key > best_key) best_key = key, best = k;
    }
    ++counts[best];
  }
  CHECK(support::fits(counts, {0.1, 0.2, 0.3, 0.4}));
}

TEST_CASE("the goodness of fit tests can fail", "[core][distributions]") {
  const auto x = draw(normal{}, 11);
  CHECK_FALSE(
      support::fits(x, [](double v) { return 0.5 * std::erfc(-v / 1.05 / std::sqrt(2.0)); }));
  CHECK_FALSE(support::moments_fit(x, 0.03, 1.0, 3.0));
  CHECK_FALSE(support::moments_fit(x, 0.0, 1.05, 3.0));
}
