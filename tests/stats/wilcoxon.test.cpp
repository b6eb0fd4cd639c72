// SPDX-License-Identifier: Apache-2.0
#include <muster/stats/wilcoxon.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include <muster/core/distributions.hpp>

#include "support/catch.hpp"

using muster::stats::alternative, muster::stats::wilcoxon_config,
    muster::stats::wilcoxon_signed_rank, muster::stats::zero_differences;

namespace {

// Differences 1 ... n whose negative ones have ranks that add up to `sum`.
std::vector<double> with_rank_sum(int n, int sum) {
  std::vector<double> d;
  for (int rank = n; rank >= 1; --rank) {
    const bool negative = rank <= sum;
    if (negative) sum -= rank;
    d.push_back(negative ? -rank : rank);
  }
  return d;
}

// The definition, word for word: ranks by counting, then all 2^n signs.
struct by_enumeration {
  double less = 0.0, greater = 0.0, two_sided = 0.0;

  by_enumeration(std::vector<double> d, zero_differences zeros) {
    if (zeros == zero_differences::drop) d.erase(std::remove(d.begin(), d.end(), 0.0), d.end());
    std::vector<double> ranks;
    double observed = 0.0;
    for (const double x : d) {
      if (x == 0.0) continue;
      int smaller = 0, equal = 0;
      for (const double y : d) {
        smaller += std::fabs(y) < std::fabs(x);
        equal += std::fabs(y) == std::fabs(x);
      }
      ranks.push_back(smaller + 0.5 * (equal + 1));
      if (x > 0.0) observed += ranks.back();
    }
    double total = 0.0;
    for (const double r : ranks) total += r;
    const std::uint64_t all = std::uint64_t{1} << ranks.size();
    for (std::uint64_t signs = 0; signs < all; ++signs) {
      double w = 0.0;
      for (std::size_t i = 0; i < ranks.size(); ++i) w += (signs >> i & 1U) != 0 ? ranks[i] : 0.0;
      less += w <= observed;
      greater += w >= observed;
      two_sided += std::fabs(w - total / 2) >= std::fabs(observed - total / 2);
    }
    less /= static_cast<double>(all);
    greater /= static_cast<double>(all);
    two_sided /= static_cast<double>(all);
  }
};

}  // namespace

TEST_CASE("wilcoxon equals the enumeration of all signs, with ties and zeros",
          "[stats][wilcoxon]") {
  muster::rng g{1};
  for (int round = 0; round < 300; ++round) {
    std::vector<double> d(1 + muster::uniform_below(g, 11));
    const auto range = 1 + muster::uniform_below(g, 8);  // few values: many ties and zeros
    for (double& x : d) {
      x = static_cast<double>(muster::uniform_below(g, 2 * range + 1)) - static_cast<double>(range);
    }
    for (const auto zeros : {zero_differences::drop, zero_differences::pratt}) {
      const by_enumeration truth{d, zeros};
      const auto p = [&](alternative side) {
        return wilcoxon_signed_rank(d, {.zeros = zeros, .side = side}).p_value;
      };
      CHECK(p(alternative::less) == Approx(truth.less).epsilon(1e-13));
      CHECK(p(alternative::greater) == Approx(truth.greater).epsilon(1e-13));
      CHECK(p(alternative::two_sided) == Approx(truth.two_sided).epsilon(1e-13));
    }
  }
}

TEST_CASE("wilcoxon has the critical values of the printed tables", "[stats][wilcoxon]") {
  struct row {
    int n, five_percent, one_percent;  // two-sided; the largest significant rank sum
  };
  for (const row r : {row{6, 0, -1}, row{7, 2, -1}, row{8, 3, 0}, row{9, 5, 1}, row{10, 8, 3},
                      row{11, 10, 5}, row{12, 13, 7}, row{13, 17, 9}, row{14, 21, 12},
                      row{15, 25, 15}, row{16, 29, 19}, row{17, 34, 23}, row{18, 40, 27},
                      row{19, 46, 32}, row{20, 52, 37}, row{25, 89, 68}, row{30, 137, 109}}) {
    CAPTURE(r.n);
    const auto p = [&](int sum) {
      const auto result = wilcoxon_signed_rank(with_rank_sum(r.n, sum));
      CHECK(result.statistic == sum);
      return result.p_value;
    };
    CHECK(p(r.five_percent) <= 0.05);
    CHECK(p(r.five_percent + 1) > 0.05);
    if (r.one_percent >= 0) CHECK(p(r.one_percent) <= 0.01);
    CHECK(p(r.one_percent + 1) > 0.01);
  }
}

TEST_CASE("wilcoxon of ten pairs", "[stats][wilcoxon]") {
  CHECK(wilcoxon_signed_rank(with_rank_sum(10, 0)).p_value == 2.0 / 1024);
  CHECK(wilcoxon_signed_rank(with_rank_sum(10, 3)).p_value == 10.0 / 1024);  // {} 1 2 3 12
  CHECK(wilcoxon_signed_rank(with_rank_sum(10, 8)).p_value == 50.0 / 1024);
}

TEST_CASE("wilcoxon of Hamilton's depression scale", "[stats][wilcoxon]") {
  // M. Hollander, D. Wolfe: Nonparametric statistical methods, table 3.1; R's wilcox.test
  // reports V = 40, p = 0.01953 one-sided.
  const std::array first{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30};
  const std::array second{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29};
  const auto r = wilcoxon_signed_rank(first, second, {.side = alternative::greater});
  CHECK(r.positive == 40.0);
  CHECK(r.negative == 5.0);
  CHECK(r.statistic == 5.0);
  CHECK(r.p_value == 10.0 / 512);
  CHECK(r.exact);
  CHECK(r.count == 9);
}

TEST_CASE("zeros are dropped or ranked", "[stats][wilcoxon]") {
  const std::array d{0.0, 0.0, 1.0, -2.0, 3.0};
  const auto dropped = wilcoxon_signed_rank(d);
  CHECK(dropped.positive == 4.0);  // ranks 1 and 3 of 1, 2, 3
  CHECK(dropped.negative == 2.0);
  CHECK(dropped.count == 3);
  const auto pratt = wilcoxon_signed_rank(d, {.zeros = zero_differences::pratt});
  CHECK(pratt.positive == 8.0);  // ranks 3 and 5 of 1 ... 5
  CHECK(pratt.negative == 4.0);
  CHECK(pratt.count == 3);
}

TEST_CASE("ties share the mean of their ranks", "[stats][wilcoxon]") {
  const auto r = wilcoxon_signed_rank(std::array{1.0, -1.0, 2.0, 2.0, -2.0, 5.0});
  CHECK(r.positive == 1.5 + 4.0 + 4.0 + 6.0);
  CHECK(r.negative == 1.5 + 4.0);
}

TEST_CASE("no difference is no evidence", "[stats][wilcoxon]") {
  for (const auto zeros : {zero_differences::drop, zero_differences::pratt}) {
    const auto r = wilcoxon_signed_rank(std::vector<double>(5, 0.0), {.zeros = zeros});
    CHECK(r.p_value == 1.0);
    CHECK(r.count == 0);
  }
  CHECK(wilcoxon_signed_rank(std::vector<double>{}).p_value == 1.0);
  CHECK(wilcoxon_signed_rank(std::array{3.0}).p_value == 1.0);
  CHECK(wilcoxon_signed_rank(std::array{1.0, -1.0}).p_value == 1.0);
}

TEST_CASE("exchanging the two lists exchanges the sides", "[stats][wilcoxon]") {
  muster::rng g{2};
  std::vector<double> a(12), b(12);
  for (double& x : a) x = muster::normal{0.4, 1.0}(g);
  for (double& x : b) x = muster::normal{}(g);
  const auto ab = wilcoxon_signed_rank(a, b, {.side = alternative::greater});
  const auto ba = wilcoxon_signed_rank(b, a, {.side = alternative::less});
  CHECK(ab.positive == ba.negative);
  CHECK(ab.p_value == ba.p_value);
}

TEST_CASE("the normal approximation meets the exact test", "[stats][wilcoxon]") {
  muster::rng g{3};
  for (int round = 0; round < 20; ++round) {
    std::vector<double> d(100);
    for (double& x : d) x = std::round(muster::normal{0.1, 1.0}(g)*10.0) / 10.0;
    for (const auto side : {alternative::two_sided, alternative::greater, alternative::less}) {
      for (const auto zeros : {zero_differences::drop, zero_differences::pratt}) {
        const auto exact = wilcoxon_signed_rank(d, {zeros, side, 100});
        const auto normal = wilcoxon_signed_rank(d, {zeros, side, 50});
        CHECK(exact.exact);
        CHECK_FALSE(normal.exact);
        CHECK(std::fabs(exact.p_value - normal.p_value) < 2e-3);
      }
    }
  }
}

TEST_CASE("very many zeros under Pratt do not ask for a table of their size", "[stats][wilcoxon]") {
  std::vector<double> d(200000, 0.0);
  for (std::size_t i = 0; i < 60; ++i) d[i] = static_cast<double>(i) - 20.0;
  const auto r = wilcoxon_signed_rank(d, {.zeros = zero_differences::pratt});
  CHECK_FALSE(r.exact);
  CHECK(r.p_value < 0.02);
}

TEST_CASE("a true hypothesis is rejected at the stated rate", "[stats][wilcoxon]") {
  muster::rng g{4};
  int rejected = 0;
  const int rounds = 5000;
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> d(10);
    for (double& x : d) x = muster::normal{}(g);
    rejected += wilcoxon_signed_rank(d).p_value <= 0.05;
  }
  // The attainable level of n = 10 is 50 / 1024; 99.9 % band of a count.
  const double level = 50.0 / 1024;
  CHECK(std::fabs(static_cast<double>(rejected) / rounds - level) <
        3.29 * std::sqrt(level * (1 - level) / rounds));
}
