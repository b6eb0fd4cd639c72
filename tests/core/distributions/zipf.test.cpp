// SPDX-License-Identifier: Apache-2.0
#include <muster/core/distributions/zipf.hpp>

#include <cmath>

#include "support/catch.hpp"
#include "support/statistics.hpp"

using muster::rng, muster::zipf;

TEST_CASE("zipf has its probabilities", "[core][distributions]") {
  const double s = GENERATE(0.0, 0.3, 0.8, 0.9999999999, 1.0, 1.0001, 1.7, 4.0);
  const std::uint64_t n =
      GENERATE(std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{10}, std::uint64_t{500});
  CAPTURE(s, n);
  rng g{40};
  const zipf z{n, s};
  CHECK(z.size() == n);
  std::vector<std::uint64_t> counts(n);
  for (int i = 0; i < 20000; ++i) ++counts.at(z(g) - 1);
  std::vector<double> p(n);
  double total = 0.0;
  for (std::size_t k = 0; k < n; ++k) total += p[k] = std::pow(static_cast<double>(k + 1), -s);
  for (double& x : p) x /= total;
  if (n > 1) CHECK(support::fits(counts, p));
  if (n == 1) CHECK(counts[0] == 20000);
}

TEST_CASE("zipf stays fast and in range over very many ranks", "[core][distributions]") {
  const std::uint64_t n = std::uint64_t{1} << 40;
  const zipf z{n, 1.1};
  rng g{41};
  std::uint64_t ones = 0;
  for (int i = 0; i < 20000; ++i) {
    const auto k = z(g);
    REQUIRE((k >= 1 && k <= n));
    ones += k == 1;
  }
  CHECK(g.state().step < 24000);  // below 1.2 tries each
  // P(1) = 1 / H(2^40, 1.1); the sum is zeta(1.1) - 10 (2^40)^-0.1 up to 1e-13, zeta(1.1) =
  // 10.5844484649508, so P(1) = 0.100446.
  const double p = 1.0 / (10.5844484649508 - 10.0 * std::pow(static_cast<double>(n), -0.1));
  CHECK(std::fabs(static_cast<double>(ones) / 20000 - p) < 3.29 * std::sqrt(p * (1 - p) / 20000));
}

TEST_CASE("zipf of a huge exponent is always rank one", "[core][distributions]") {
  rng g{42};
  const zipf z{1000, 200.0};
  for (int i = 0; i < 1000; ++i) CHECK(z(g) == 1);
}
