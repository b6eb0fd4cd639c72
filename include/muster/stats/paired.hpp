// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/stats/bootstrap.hpp>
#include <muster/stats/interval.hpp>
#include <muster/stats/summary.hpp>
#include <muster/stats/wilcoxon.hpp>

namespace muster::inline MUSTER_ABI::stats {

/// How much a differs from b over the same runs, and how sure that is.
struct paired_comparison {
  std::size_t count = 0;         ///< pairs
  double mean_difference = 0.0;  ///< mean of a_i - b_i
  interval confidence;           ///< BCa bootstrap interval of that mean, of the level asked for
  double p_value = 1.0;          ///< exact Wilcoxon signed-rank, two-sided
};

/// Compares two lists of measurements taken under the same conditions, pair by pair.
///
/// Pairs (the same seed, the same arrivals) remove what both have in common, so that ten runs
/// can show a difference that would drown in the spread between runs. Correct the p-values of
/// several comparisons with `holm`.
/// Cost   that of bootstrap_interval; one pair gives an interval of width 0 and p = 1.
[[nodiscard]] inline paired_comparison compare_paired(std::span<const double> a,
                                                      std::span<const double> b, rng& g,
                                                      bootstrap_config c = {}) {
  MUSTER_EXPECTS(!a.empty() && a.size() == b.size(),
                 "muster: compare_paired compares pairs; write two lists of one length");
  std::vector<double> differences(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) differences[i] = a[i] - b[i];
  return {a.size(), mean(differences),
          bootstrap_interval(
              differences, [](std::span<const double> x) { return mean(x); }, g, c),
          wilcoxon_signed_rank(differences).p_value};
}

}  // namespace muster::inline MUSTER_ABI::stats
