// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include <muster/concepts/aggregator.hpp>
#include <muster/federated/detail/blocks.hpp>
#include <muster/federated/detail/roster.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// The mean of what the clients sent: FedAvg.
///
/// Idea      with models close together, the mean of models is nearly the model of all data.
/// Source    H. McMahan, E. Moore, D. Ramage, S. Hampson, B. Agüera y Arcas:
/// Communication-efficient
///           learning of deep networks from decentralized data, AISTATS 2017, Algorithm 1.
/// Equation  next = sum over k of w_k x_k / sum over k of w_k
/// Symbols   x_k = update.values, w_k = update.weight (in the source n_k, samples of client k);
///           equal weights give the plain mean
/// Rounding  sums in double precision, rounded to float once: equal models, or one alone, give
///           that model bit for bit.
/// Robust    against nothing: one client moves the mean anywhere. See norm_clipping, trimmed_mean,
///           coordinate_median, geometric_median, krum, bulyan.
/// Cost      one pass over the updates, at the speed of memory; the check for numbers that are not
///           finite is in it. No allocation once warm.
/// Determinism  added in the order of client ids.
class weighted_mean {
 public:
  struct config {};

  weighted_mean() = default;
  explicit weighted_mean(config) {}

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (auto opened = roster_.open(round, next); !opened) return opened;
    if (!detail::mean_into(round.pool, roster_.values(), roster_.shares(), next)) {
      return roster_.blame(round);
    }
    return {};
  }

 private:
  detail::roster roster_;
};

static_assert(aggregator<weighted_mean>);

}  // namespace muster::inline MUSTER_ABI::federated
