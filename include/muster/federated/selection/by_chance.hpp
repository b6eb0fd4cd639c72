// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/client_selection.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Each client comes with a probability of its own, independently of the others: clients that are
/// seldom online, or that matter more.
///
/// Equation  client i takes part  iff  u < p_i,   u uniform from (seed, round, i)
/// Idea      the federation divides the weight of an update by p_i. Then the weighted sum of the
///           models that came has the weighted sum of all as its expectation (the estimator of
///           D. Horvitz and D. Thompson, 1952), however seldom some of them come.
/// Limits    if chance leaves nobody, the client with the smallest u / p_i is taken; so with few
///           clients and small p the true probability is a little above p_i.
/// Determinism  equal u / p_i: the smaller id.
class by_chance {
 public:
  struct config {
    /// Client i has entry i mod size; not empty, each in (0, 1].
    std::vector<double> probability{0.7};
    std::uint64_t seed = 0;  ///< of the choices
  };

  by_chance() = default;
  explicit by_chance(config c) : config_{std::move(c)} {
    MUSTER_EXPECTS(!config_.probability.empty() &&
                       std::all_of(config_.probability.begin(), config_.probability.end(),
                                   [](double p) { return p > 0.0 && p <= 1.0; }),
                   "muster: federated::by_chance needs probabilities above 0, at most 1");
  }

  [[nodiscard]] double probability(client_id c) const noexcept {
    return config_.probability[index_of(c) % config_.probability.size()];
  }
  void select(std::uint64_t round, std::span<const client_id> awake,
              std::vector<client_id>& chosen) const {
    const rng streams = rng{config_.seed}.fork(round);
    const std::size_t before = chosen.size();
    double smallest = (std::numeric_limits<double>::max)();
    client_id nearest = awake.front();
    for (const client_id c : awake) {
      rng draw = streams.fork(index_of(c));
      const double share = uniform01(draw) / probability(c);
      if (share < 1.0) chosen.push_back(c);
      if (share < smallest) smallest = share, nearest = c;
    }
    if (chosen.size() == before) chosen.push_back(nearest);
  }

 private:
  config config_{};
};

static_assert(weighted_selection<by_chance>);

}  // namespace muster::inline MUSTER_ABI::federated
