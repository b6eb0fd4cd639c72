// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/core/contracts.hpp>
#include <muster/federated/aggregators/staleness_decay.hpp>
#include <muster/federated/detail/blocks.hpp>
#include <muster/federated/detail/roster.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Mixes each update into the global model as it comes: FedAsync.
///
/// Idea      a server that waits for nobody changes its model a little with every update, and less
///           with one that was trained from an old model.
/// Source    C. Xie, S. Koyejo, I. Gupta: Asynchronous federated optimization, 2019, Algorithm 1.
/// Equation  for each update: x <- (1 - a_k) x + a_k x_k,   a_k = rate decay(s_k)
/// Symbols   x = round.global at first, next at last; x_k, s_k = values and staleness of update k
/// Convention  of several updates in a round the stalest is mixed in first, of equally stale ones
///           that of the smaller client id. Weights are not used, as in the source.
/// Cost      weighted_mean, with the global model as one more client. No allocation once warm.
template <staleness_decay Decay = polynomial_decay>
class blend {
 public:
  struct config {
    double rate = 0.6;  ///< part that a fresh update gets; (0, 1]
    Decay decay{};
  };

  blend() : blend(config{}) {}
  explicit blend(config c) : config_{c} {
    MUSTER_EXPECTS(c.rate > 0.0 && c.rate <= 1.0,
                   "muster: federated::blend mixes parts of one; set rate in (0, 1]");
  }

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (auto opened = roster_.open(round, next); !opened) return opened;
    const std::size_t n = roster_.size();
    const auto staleness = [&](std::size_t i) { return round.updates[roster_.place(i)].staleness; };
    turn_.resize(n);
    for (std::size_t i = 0; i < n; ++i) turn_[i] = i;
    std::sort(turn_.begin(), turn_.end(), [&](std::size_t a, std::size_t b) {
      return staleness(a) != staleness(b) ? staleness(a) > staleness(b) : a < b;
    });
    // What is left of each, once those after it have been mixed in.
    points_.assign(roster_.values().begin(), roster_.values().end());
    points_.push_back(round.global.data());
    parts_.resize(n + 1);
    double left = 1.0;
    for (std::size_t t = n; t-- > 0;) {
      const double part = config_.rate * config_.decay(staleness(turn_[t]));
      parts_[turn_[t]] = left * part;
      left *= 1.0 - part;
    }
    parts_[n] = left;
    if (!detail::mean_into(round.pool, points_, parts_, next)) return roster_.blame(round);
    return {};
  }

 private:
  config config_;
  detail::roster roster_;
  std::vector<std::size_t> turn_;
  std::vector<const float*> points_;
  std::vector<double> parts_;
};

static_assert(aggregator<blend<>>);

}  // namespace muster::inline MUSTER_ABI::federated
