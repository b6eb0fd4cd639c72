// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/core/contracts.hpp>
#include <muster/federated/detail/blocks.hpp>
#include <muster/federated/detail/roster.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// The weight of an update that takes part with the probability `probability` in (0, 1]: as much
/// more as it comes seldom. The selections by_chance and random_share say the probability, and the
/// server multiplies by its inverse itself.
[[nodiscard]] inline double importance_weight(double weight, double probability) {
  MUSTER_EXPECTS(
      probability > 0.0 && probability <= 1.0,
      "muster: federated::importance_weight needs a probability in (0, 1]; a client that "
      "never comes cannot be made up for");
  return weight / probability;
}

/// The mean over all clients, estimated without bias from those that took part.
///
/// Idea      a client that comes every third round counts three times as much when it comes. On
///           average over the rounds that is full participation. Dividing by the weights that came,
///           as weighted_mean does, is not: it lets the luck of the draw into the denominator.
/// Source    D. Horvitz, D. Thompson: A generalization of sampling without replacement from a
/// finite
///           universe, 1952, applied to the clients' changes.
/// Equation  next = x + sum over k that came of w_k / W (x_k - x),   w_k = n_k / p_k
/// Symbols   x = round.global, x_k, w_k = values and weight of an update (importance_weight), n_k
///           its weight with full participation, p_k the probability to take part, W = population
/// Limits    unbiased, not precise: with small p_k a round may step too far. With all clients and
///           p_k = 1 it is weighted_mean, but for a rounding.
/// Cost      weighted_mean, with the global model as one more client. No allocation once warm.
class sampled_mean {
 public:
  struct config {
    double population = 1.0;  ///< W, sum of n_k over all clients, present or not; > 0
  };

  sampled_mean() : sampled_mean(config{}) {}
  explicit sampled_mean(config c) : population_{c.population} {
    MUSTER_EXPECTS(c.population > 0.0,
                   "muster: federated::sampled_mean needs the weight of all clients together; set "
                   "population above 0");
  }

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (auto opened = roster_.open(round, next); !opened) return opened;
    const std::size_t n = roster_.size();
    points_.assign(roster_.values().begin(), roster_.values().end());
    points_.push_back(round.global.data());
    parts_.resize(n + 1);
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      parts_[i] = round.updates[roster_.place(i)].weight / population_;
      sum += parts_[i];
    }
    parts_[n] = 1.0 - sum;  // below 0 when more came than could be expected
    if (!detail::mean_into(round.pool, points_, parts_, next)) return roster_.blame(round);
    return {};
  }

 private:
  double population_;
  detail::roster roster_;
  std::vector<const float*> points_;
  std::vector<double> parts_;
};

static_assert(aggregator<sampled_mean>);

}  // namespace muster::inline MUSTER_ABI::federated
