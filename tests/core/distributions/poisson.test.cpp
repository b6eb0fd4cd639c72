// SPDX-License-Identifier: Apache-2.0
#include <muster/core/distributions/poisson.hpp>

#include <cmath>
#include <type_traits>

#include "support/catch.hpp"
#include "support/statistics.hpp"

using muster::poisson, muster::rng;

static_assert(std::is_aggregate_v<poisson>);

TEST_CASE("poisson has its moments and probabilities at every mean", "[core][distributions]") {
  const double mean = GENERATE(0.01, 0.7, 3.0, 9.999, 10.0, 12.5, 30.0, 150.0, 4000.0);
  CAPTURE(mean);
  rng g{20};
  const auto x = support::sample(40000, [&] { return poisson{mean}(g); });
  CHECK(support::moments_fit(x, mean, mean, mean + 3.0 * mean * mean));

  std::vector<std::uint64_t> counts;
  for (const double k : x) {
    const auto i = static_cast<std::size_t>(k);
    if (i >= counts.size()) counts.resize(i + 1);
    ++counts[i];
  }
  std::vector<double> p;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const auto n = static_cast<double>(k);
    p.push_back(std::exp(n * std::log(mean) - mean - std::lgamma(n + 1.0)));
  }
  CHECK(support::fits(counts, p));
}

TEST_CASE("poisson of mean zero is zero", "[core][distributions]") {
  rng g{21};
  for (int i = 0; i < 10; ++i) CHECK(poisson{.mean = 0.0}(g) == 0);
}

TEST_CASE("poisson keeps its moments at means where n! is out of reach", "[core][distributions]") {
  const double mean = GENERATE(1e6, 1e9, 1e12, 1e15);
  CAPTURE(mean);
  rng g{22};
  const auto z = support::sample(
      40000, [&] { return (static_cast<double>(poisson{mean}(g)) - mean) / std::sqrt(mean); });
  CHECK(support::moments_fit(z, 0.0, 1.0, 3.0));
  CHECK(support::fits(z, [](double v) { return 0.5 * std::erfc(-v / std::sqrt(2.0)); }));
}

TEST_CASE("the log probability is exact", "[core][distributions]") {
  using muster::detail::poisson_log_probability;
  CHECK(poisson_log_probability(0, 2.5) == -2.5);
  CHECK(poisson_log_probability(3, 2.0) == Approx(std::log(8.0 / 6.0) - 2.0).epsilon(1e-15));
  // e^-10 10^10 / 10! = 0.12511003572113330
  CHECK(std::exp(poisson_log_probability(10, 10)) == Approx(0.1251100357211333).epsilon(1e-14));
  // mpmath, 50 digits
  CHECK(poisson_log_probability(20, 10) == Approx(-6.283914600872571).epsilon(1e-14));
  CHECK(poisson_log_probability(1000100, 1e6) == Approx(-7.8317437263536434).epsilon(1e-13));
  for (int k = 1; k < 100; ++k) {
    for (const double mean : {0.3, 5.0, 15.5, 80.0}) {
      const double direct = k * std::log(mean) - mean - std::lgamma(k + 1.0);
      CHECK(poisson_log_probability(k, mean) == Approx(direct).epsilon(1e-12).margin(1e-12));
    }
  }
}

TEST_CASE("a poisson below ten takes one number, whatever it returns", "[core][distributions]") {
  rng g{23};
  for (int i = 0; i < 50; ++i) static_cast<void>(poisson{6.0}(g));
  CHECK(g.state().step == 50);
}
