// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/distributions/continuous.hpp>

namespace muster::inline MUSTER_ABI::stats {

/// What to do with differences of exactly 0.
enum class zero_differences : std::uint8_t {
  drop,   ///< leave them out before ranking (Wilcoxon)
  pratt,  ///< rank them with the others, then leave their ranks out (Pratt)
};

/// Which departure from symmetry about 0 counts as evidence.
enum class alternative : std::uint8_t { two_sided, greater, less };

struct wilcoxon_config {
  zero_differences zeros = zero_differences::drop;
  alternative side = alternative::two_sided;
  std::size_t exact_up_to = 100;  ///< non-zero differences; above, the normal approximation
};

struct wilcoxon_result {
  double statistic = 0.0;  ///< the smaller of the two rank sums, as in printed tables
  double positive = 0.0;   ///< rank sum of the positive differences, W+
  double negative = 0.0;   ///< rank sum of the negative differences, W-
  double p_value = 1.0;
  std::size_t count = 0;  ///< differences that are not 0
  bool exact = true;
};

/// Tests whether paired differences are symmetric about 0: Wilcoxon's signed-rank test.
///
/// Idea       rank the absolute differences, equal ones share the mean of their ranks; were the
///            signs coin tosses, every subset of the ranks would be equally likely to be the
///            positive one. Counting the subsets of each sum gives p with no approximation,
///            ties and zeros included. Doubled ranks are whole numbers even with ties.
/// Equation   P_k(s) = (P_{k-1}(s) + P_{k-1}(s - 2 r_k)) / 2 over doubled sums s
/// Symbols    p: less P(W+ <= w), greater P(W+ >= w), two-sided min(1, 2 min of both), which is
///            the probability of a sum at least as far from its mean, by symmetry.
/// Source     F. Wilcoxon 1945; J. Pratt: Remarks on zeros and ties in the Wilcoxon signed rank
///            procedures, JASA 54, 1959; the recursion is the usual one, here with ties.
/// Choices    ties are exact equality of |d|: round first if the last digits are noise. Above
///            exact_up_to (or where a million zeros under Pratt would make the table huge):
///            normal with the variance sum r^2 / 4, which accounts for ties and zeros, and a
///            continuity correction of half a rank. No difference but zeros: p = 1.
/// Cost       exact O(n * sum of ranks) = O(n^3), 0.1 ms at n = 50; allocates.
[[nodiscard]] inline wilcoxon_result wilcoxon_signed_rank(std::span<const double> differences,
                                                          wilcoxon_config c = {}) {
  std::vector<double> sorted;
  std::size_t zeros = 0;
  sorted.reserve(differences.size());
  for (const double d : differences) {
    MUSTER_EXPECTS(d == d, "muster: wilcoxon_signed_rank was given NaN; leave such pairs out");
    if (d == 0.0) {
      ++zeros;
    } else {
      sorted.push_back(d);
    }
  }
  std::sort(sorted.begin(), sorted.end(),
            [](double a, double b) { return std::fabs(a) < std::fabs(b); });

  const std::size_t n = sorted.size();
  const std::size_t before = c.zeros == zero_differences::pratt ? zeros : 0;
  std::vector<std::size_t> doubled(n);  // twice the rank
  std::size_t total = 0, positive = 0;
  for (std::size_t i = 0; i < n;) {
    std::size_t end = i + 1;
    while (end < n && std::fabs(sorted[end]) == std::fabs(sorted[i])) ++end;
    for (std::size_t k = i; k < end; ++k) {
      doubled[k] = 2 * before + i + 1 + end;  // mean of ranks i+1 ... end, twice
      total += doubled[k];
      if (sorted[k] > 0.0) positive += doubled[k];
    }
    i = end;
  }

  wilcoxon_result r;
  r.count = n;
  r.positive = 0.5 * static_cast<double>(positive);
  r.negative = 0.5 * static_cast<double>(total - positive);
  r.statistic = (std::min)(r.positive, r.negative);
  if (n == 0) return r;

  double less = 0.0, greater = 0.0;  // P(W+ <= w), P(W+ >= w)
  constexpr std::size_t largest_table = std::size_t{1} << 22;
  r.exact = n <= c.exact_up_to && total < largest_table;
  if (r.exact) {
    std::vector<double> p(total + 1);  // P(doubled sum = s)
    p[0] = 1.0;
    std::size_t reached = 0;
    for (const std::size_t rank : doubled) {
      reached += rank;
      for (std::size_t s = reached + 1; s-- > 0;) {
        p[s] = 0.5 * (p[s] + (s >= rank ? p[s - rank] : 0.0));
      }
    }
    for (std::size_t s = 0; s <= positive; ++s) less += p[s];
    for (std::size_t s = total + 1; s-- > positive;) greater += p[s];
  } else {
    double squares = 0.0;
    for (const std::size_t rank : doubled) {
      squares += static_cast<double>(rank) * static_cast<double>(rank);
    }
    const double deviation = 0.25 * std::sqrt(squares);  // sqrt(sum r^2 / 4), doubled = 2 r
    const double gap = 0.5 * (static_cast<double>(positive) - 0.5 * static_cast<double>(total));
    less = normal_probability((gap + 0.5) / deviation);
    greater = normal_probability((0.5 - gap) / deviation);
  }
  switch (c.side) {
    case alternative::less:
      r.p_value = less;
      break;
    case alternative::greater:
      r.p_value = greater;
      break;
    case alternative::two_sided:
      r.p_value = 2.0 * (std::min)(less, greater);
      break;
  }
  r.p_value = (std::min)(1.0, r.p_value);
  return r;
}

/// The same for the differences a_i - b_i of two lists of equal length.
[[nodiscard]] inline wilcoxon_result wilcoxon_signed_rank(std::span<const double> a,
                                                          std::span<const double> b,
                                                          wilcoxon_config c = {}) {
  MUSTER_EXPECTS(a.size() == b.size(),
                 "muster: wilcoxon_signed_rank compares pairs; write two lists of one length");
  std::vector<double> differences(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) differences[i] = a[i] - b[i];
  return wilcoxon_signed_rank(differences, c);
}

}  // namespace muster::inline MUSTER_ABI::stats
