// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// What an update did. Means are over the minibatches that were evaluated, by their size.
struct ppo_stats {
  double policy_loss = 0.0;           ///< clipped surrogate, without the entropy
  double value_loss = 0.0;            ///< in the units of the loss (normalised, if values are)
  double entropy = 0.0;               ///< nats
  double clip_fraction = 0.0;         ///< part of samples whose ratio left [1 - clip, 1 + clip]
  double approx_kl = 0.0;             ///< mean of (r - 1) - ln r, an estimate of KL(old | new)
  double actor_gradient_norm = 0.0;   ///< before clipping
  double critic_gradient_norm = 0.0;  ///< before clipping
  double explained_variance = 0.0;    ///< 1 - Var(target - value) / Var(target); 0 if that is 0
  std::uint32_t steps = 0;            ///< optimiser steps taken, one per minibatch
  bool stopped_by_kl = false;         ///< the policy had moved far enough before all epochs
  bool refused = false;               ///< something was not finite; from there on no step was taken

  /// Turns sums over `seen` samples into means.
  void average(double seen) noexcept {
    for (double* sum : {&policy_loss, &value_loss, &entropy, &clip_fraction, &approx_kl,
                        &actor_gradient_norm, &critic_gradient_norm}) {
      *sum /= seen;
    }
  }
};

/// How far the ratios r = p_new / p_old of some samples are from 1, as sums.
struct ratio_spread {
  double clipped = 0.0;  ///< how many left [1 - clip, 1 + clip]
  double kl = 0.0;       ///< sum of (r - 1) - ln r
};
template <class T>
[[nodiscard]] ratio_spread spread_of(std::span<const T> ratios, double clip) noexcept {
  ratio_spread s;
  for (const T x : ratios) {
    const double change = static_cast<double>(x) - 1.0;
    s.clipped += std::abs(change) > clip ? 1.0 : 0.0;
    s.kl += change - std::log1p((std::max)(change, -1.0 + 1e-16));  // r may underflow to 0
  }
  return s;
}

}  // namespace muster::inline MUSTER_ABI::rl
