// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <muster/nn/init.hpp>
#include <vector>

#include "support/catch.hpp"

namespace nn = muster::nn;
using muster::rng;

namespace {
template <class Init>
std::vector<double> drawn(const Init& init, std::size_t in, std::size_t out, std::uint64_t seed) {
  std::vector<double> w(in * out, -1.0);
  rng g{seed};
  init(std::span<double>{w}, in, out, g);
  return w;
}
double mean(const std::vector<double>& w) {
  double sum = 0.0;
  for (const double x : w) sum += x;
  return sum / static_cast<double>(w.size());
}
double sd(const std::vector<double>& w) {
  double sum = 0.0;
  for (const double x : w) sum += x * x;
  return std::sqrt(sum / static_cast<double>(w.size()));
}
}  // namespace

// W'W (tall) or WW' (wide) is gain^2 times the identity.
TEST_CASE("an orthogonal matrix keeps lengths up to the gain", "[nn][init]") {
  for (const auto& [in, out] : {std::pair<std::size_t, std::size_t>{7, 3},
                                {3, 7},
                                {5, 5},
                                {1, 4},
                                {4, 1},
                                {1, 1},
                                {64, 64}}) {
    const double gain = 1.5;
    const auto w = drawn(nn::orthogonal{gain}, in, out, 3);
    const bool tall = in >= out;
    const std::size_t n = tall ? out : in;
    double worst = 0.0;
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = 0; b < n; ++b) {
        double product = 0.0;
        for (std::size_t k = 0; k < (tall ? in : out); ++k)
          product += tall ? w[k * out + a] * w[k * out + b] : w[a * out + k] * w[b * out + k];
        worst = std::max(worst, std::abs(product - (a == b ? gain * gain : 0.0)));
      }
    INFO(in << " x " << out);
    CHECK(worst < 1e-14 * gain * gain * 16);
  }
}

// Uniform over orthogonal matrices: every element has mean 0 and mean square 1/n, so neither
// the order of orthogonalisation nor the sign of the first vector shows.
TEST_CASE("orthogonal matrices have no preferred direction", "[nn][init]") {
  constexpr std::size_t n = 3;
  constexpr int rounds = 4000;
  double sum[n * n] = {};
  double square[n * n] = {};
  for (int r = 0; r < rounds; ++r) {
    const auto w = drawn(nn::orthogonal{1.0}, n, n, static_cast<std::uint64_t>(r));
    for (std::size_t i = 0; i < n * n; ++i) {
      sum[i] += w[i];
      square[i] += w[i] * w[i];
    }
  }
  for (std::size_t i = 0; i < n * n; ++i) {
    CHECK(std::abs(sum[i] / rounds) < 5.0 * std::sqrt(1.0 / n / rounds));
    // var(w^2) = 3/(n(n+2)) - 1/n^2 = 4/45 for n = 3
    CHECK(std::abs(square[i] / rounds - 1.0 / n) < 5.0 * std::sqrt(4.0 / 45.0 / rounds));
  }
}

TEST_CASE("He and Glorot have the variance of their papers", "[nn][init]") {
  // 200 x 50: He sd = sqrt(2 / 200) = 0.1. Of 10,000 draws the sd strays by 0.7 %.
  const auto h = drawn(nn::he{}, 200, 50, 11);
  CHECK(sd(h) == Approx(0.1).epsilon(0.03));
  CHECK(std::abs(mean(h)) < 0.004);
  // Glorot: uniform in +-sqrt(6 / 250) = +-0.1549, sd = sqrt(2 / 250) = 0.0894
  const auto u = drawn(nn::glorot{}, 200, 50, 11);
  CHECK(sd(u) == Approx(0.0894427).epsilon(0.03));
  for (const double x : u) REQUIRE(std::abs(x) <= 0.15491934);
  const auto s = drawn(nn::gaussian{0.3}, 200, 50, 11);
  CHECK(sd(s) == Approx(0.3).epsilon(0.03));
}

TEST_CASE("initial values depend on the generator alone", "[nn][init]") {
  CHECK(drawn(nn::orthogonal{}, 9, 4, 1) == drawn(nn::orthogonal{}, 9, 4, 1));
  CHECK(drawn(nn::orthogonal{}, 9, 4, 1) != drawn(nn::orthogonal{}, 9, 4, 2));
  CHECK(drawn(nn::constant{0.25}, 2, 2, 1) == std::vector<double>(4, 0.25));
}
