// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/federated/detail/neighbours.hpp>
#include <muster/federated/detail/over_columns.hpp>
#include <muster/federated/detail/roster.hpp>
#include <muster/federated/detail/scratch.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Chooses models by Krum, then numbers by how near they are to the median.
///
/// Idea      in a million dimensions a model can be near to all others and still be far off in one
///           number; so what Krum lets through is looked at number by number.
/// Source    E. El Mhamdi, R. Guerraoui, S. Rouault: The hidden vulnerability of distributed
/// learning
///           in Byzantium, ICML 2018, section 4.
/// Equation  S = {}; theta = n - 2 f times: S gets the model that Krum chooses among those left
///           next_j = mean of the beta = theta - 2 f numbers x_kj, k in S, nearest to their median
/// Symbols   x_k = update.values of n clients, f = byzantine
/// Convention  Krum among r models uses r - f - 2 neighbours, but at least 1 where there is one:
///           the last choices are made from fewer than the 2 f + 3 that Krum asks for. The median
///           of an even number is the mean of the two in the middle; of two numbers as far from
///           it, the lower is nearer. Weights are not used: they are claims.
/// Bound     with at most f clients that send anything and n >= 4 f + 3, next_j is not further
///           from the others' numbers than these are from each other.
/// Cost      n^2 / 2 distances, theta n^2 comparisons, and a sorting network per number, 16 (or 8)
///           numbers side by side. 12 n^2 bytes, and 256 bytes per client and thread.
class bulyan {
 public:
  struct config {
    std::size_t byzantine = 1;  ///< f, clients that may send anything; n >= 4 f + 3
  };

  bulyan() = default;
  explicit bulyan(config c) : config_{c} {}

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (auto opened = roster_.open(round, next); !opened) return opened;
    const std::size_t n = roster_.size(), f = config_.byzantine;
    if (n < 3 || (n - 3) / 4 < f) return detail::too_few("bulyan", 4 * f + 3, f, n);
    if (!neighbours_.measure(round.pool, roster_.values(), next.size())) {
      if (auto found = roster_.culprit(round)) return *std::move(found);
    }
    neighbours_.rank();
    const std::size_t theta = n - 2 * f;
    selected_.resize(theta);
    for (std::size_t i = 0; i < theta; ++i) {
      const std::size_t left = n - i;
      const std::size_t best = neighbours_.best(left > f + 3 ? left - f - 2 : 1);
      selected_[i] = roster_.values()[best];
      neighbours_.remove(best);
    }
    detail::over_columns(round.pool, detail::kernels().around_median, selected_, 2 * f, keys_,
                         next);
    return {};
  }

 private:
  config config_{};
  detail::roster roster_;
  detail::neighbours neighbours_;
  std::vector<const float*> selected_;
  detail::scratch<std::int32_t> keys_;
};

static_assert(aggregator<bulyan>);

}  // namespace muster::inline MUSTER_ABI::federated
