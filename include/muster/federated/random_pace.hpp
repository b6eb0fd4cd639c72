// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <muster/concepts/training_pace.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Training times around a mean, with clients of different speed.
///
/// Equation  time = mean / speed_i x (1 + jitter (2u - 1)),   u uniform from (seed, client, turn)
/// Idea      with jitter 0 and equal speeds all arrive at the same instant, and the federation
///           draws the order: who is first is then pure chance, as in the paper's K of N.
/// Determinism  at least one microsecond, so that simulated time goes on.
class random_pace {
 public:
  struct config {
    duration mean = seconds(1);      ///< of a client of speed 1; > 0
    double jitter = 0.0;             ///< largest deviation, as a share of its time; in [0, 1)
    std::vector<double> speed{1.0};  ///< client i has entry i mod size; not empty, each > 0
    std::uint64_t seed = 0;          ///< of the deviations
  };

  random_pace() = default;
  explicit random_pace(config c) : config_{std::move(c)} {
    MUSTER_EXPECTS(config_.mean.us > 0 && config_.jitter >= 0.0 && config_.jitter < 1.0 &&
                       !config_.speed.empty() &&
                       std::all_of(config_.speed.begin(), config_.speed.end(),
                                   [](double s) { return s > 0.0; }),
                   "muster: federated::random_pace needs a mean and speeds above 0, and a jitter "
                   "of 0 or more, below 1");
  }

  [[nodiscard]] duration time(client_id client, std::uint64_t turn) const noexcept {
    double seconds =
        config_.mean.seconds() / config_.speed[index_of(client) % config_.speed.size()];
    if (config_.jitter > 0.0) {
      rng draw = rng{config_.seed}.fork(index_of(client)).fork(turn);
      seconds *= 1.0 + config_.jitter * (2.0 * uniform01(draw) - 1.0);
    }
    return (std::max)(from_seconds(seconds), microseconds(1));
  }

 private:
  config config_{};
};

static_assert(training_pace<random_pace>);

}  // namespace muster::inline MUSTER_ABI::federated
