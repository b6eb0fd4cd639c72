// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <muster/autodiff/ops.hpp>
#include <muster/autodiff/tape.hpp>
#include <muster/rl/ppo_loss.hpp>

/// By which gradient an orchestrator's policy learns: the loss of one of its log-probabilities.
///
/// Each type says how often a batch is gone through, whether advantages come from critics, and
/// `loss(log_prob, old_log_prob, advantage)`, all [rounds], as one number on the tape.
namespace muster::inline MUSTER_ABI::kmps {

/// PPO's clipped surrogate: KMPS, Eq. 7.
struct clipped_surrogate {
  struct config {
    double clip = 0.2;       ///< allowed change of a probability ratio; (0, 1); released: 0.2
    std::size_t epochs = 3;  ///< passes over the frames of an update; > 0; released: 3
  };
  static constexpr bool uses_critic = true;

  config settings{};
  [[nodiscard]] std::size_t epochs() const noexcept { return settings.epochs; }

  template <class T, class Backend>
  [[nodiscard]] autodiff::var<T, Backend> loss(autodiff::var<T, Backend> log_prob,
                                               autodiff::var<T, Backend> old,
                                               autodiff::var<T, Backend> advantage) const {
    return rl::clipped_surrogate(log_prob, old, advantage, static_cast<T>(settings.clip)).loss;
  }
};

/// Advantage actor-critic: one step along the policy gradient, the critics as baseline.
///
/// Source    the AC of KMPS Fig. 17; R. Sutton, D. McAllester, S. Singh, Y. Mansour: Policy
///           gradient methods for reinforcement learning with function approximation, NIPS 1999.
/// Equation  loss = -mean(ln p A)
struct advantage_gradient {
  struct config {
    std::size_t epochs = 1;  ///< passes over the frames; the gradient is right for the first; > 0
  };
  static constexpr bool uses_critic = true;

  config settings{};
  [[nodiscard]] std::size_t epochs() const noexcept { return settings.epochs; }

  template <class T, class Backend>
  [[nodiscard]] autodiff::var<T, Backend> loss(autodiff::var<T, Backend> log_prob,
                                               autodiff::var<T, Backend>,
                                               autodiff::var<T, Backend> advantage) const {
    return -mean(log_prob * advantage);
  }
};

/// REINFORCE: the same gradient with the whole return, less what the episodes beside it had
/// at the same frame; no critic.
///
/// Source    R. Williams: Simple statistical gradient-following algorithms for connectionist
///           reinforcement learning, Machine Learning 8, 1992; as the GPG of KaiS (Y. Han et al.:
///           Tailored learning-based scheduling for Kubernetes-oriented edge-cloud system, INFOCOM
///           2021) with the baseline by time of Decima (H. Mao et al., SIGCOMM 2019).
struct return_gradient {
  struct config {
    std::size_t epochs = 1;  ///< passes over the frames; > 0
  };
  static constexpr bool uses_critic = false;

  config settings{};
  [[nodiscard]] std::size_t epochs() const noexcept { return settings.epochs; }

  template <class T, class Backend>
  [[nodiscard]] autodiff::var<T, Backend> loss(autodiff::var<T, Backend> log_prob,
                                               autodiff::var<T, Backend>,
                                               autodiff::var<T, Backend> advantage) const {
    return -mean(log_prob * advantage);
  }
};

}  // namespace muster::inline MUSTER_ABI::kmps
