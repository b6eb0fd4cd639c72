// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::stats {

/// p-values adjusted for the number of comparisons, by Holm's step-down method.
///
/// Idea       the smallest of m p-values is multiplied by m, the next by m - 1, and so on; none
///            may come out below one that was smaller. Rejecting where the result is below
///            alpha keeps the chance of any false rejection below alpha, whatever the
///            dependence, and is never weaker than Bonferroni.
/// Equation   p~_(i) = max_{j <= i} min(1, (m - j + 1) p_(j)),  sorted upwards, j from 1
/// Source     S. Holm: A simple sequentially rejective multiple test procedure, Scandinavian
///            Journal of Statistics 6(2), 1979.
/// Ties       equal p-values get equal results.
[[nodiscard]] inline std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  for (std::size_t i = 0; i < p.size(); ++i) {
    MUSTER_EXPECTS(p[i] >= 0.0 && p[i] <= 1.0, "muster: holm wants p-values; write 0 <= p <= 1");
    order[i] = i;
  }
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return p[a] != p[b] ? p[a] < p[b] : a < b; });
  std::vector<double> adjusted(p.size());
  double floor = 0.0;
  for (std::size_t j = 0; j < order.size(); ++j) {
    const double scaled = static_cast<double>(order.size() - j) * p[order[j]];
    floor = (std::max)(floor, (std::min)(1.0, scaled));
    adjusted[order[j]] = floor;
  }
  return adjusted;
}

}  // namespace muster::inline MUSTER_ABI::stats
