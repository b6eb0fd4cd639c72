// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <muster/core/time.hpp>
#include <muster/rl/ppo.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// How long and on what a pipeline trains.
struct train_config {
  std::uint32_t episodes = 20;      ///< updates; each runs trainer.copies episodes; > 0
  duration horizon = seconds(120);  ///< of an episode; arrivals at or after it are left out
  std::uint64_t seed = 1;           ///< workloads get seeds derived from it
};

/// What one update of a training looked like.
struct train_progress {
  std::uint32_t episode = 0;   ///< updates done, this one included
  std::uint32_t episodes = 0;  ///< updates in all
  double throughput = 0.0;     ///< of the exploring policy, mean over the copies
  double reward = 0.0;         ///< mean reward per decision
  std::uint64_t decisions = 0;
  rl::ppo_stats learning{};
};

/// Multi-agent PPO with one actor and one central critic for all access points.
///
/// Since actors are shared and see targets in their own frame, the samples of all access points
/// are samples of one policy: `rl::ppo` on all of them is MAPPO with shared parameters.
class shared_ppo {
 public:
  template <class Actor, class Critic>
  using learner = rl::ppo<Actor, Critic>;

  /// Numbers of the KMPS paper where it has them (clip, rates, decay, Huber, gamma), of the
  /// released program where only that has them (decay factor, epochs, entropy, gradient norm).
  struct config {
    double gamma = 0.99;          ///< discount per slot; within one slot it is 1
    double clip = 0.2;            ///< allowed change of a probability ratio
    double entropy = 0.01;        ///< weight of the entropy
    std::size_t epochs = 4;       ///< passes over the samples of an update
    std::size_t minibatch = 256;  ///< samples per step
    double max_grad_norm = 1.0;   ///< per network; 0 = no limit
    double huber_delta = 1.0;     ///< of the value loss
    bool normalise_values = false;
    double actor_rate = 5e-4;
    double critic_rate = 5e-4;
    double decay = 0.96;               ///< of both rates, every `decay_every` steps
    std::uint64_t decay_every = 1000;  ///< optimiser steps
    double target_kl = 0.0;            ///< an update stops beyond it; 0 = never
    std::size_t copies = 4;            ///< environments that collect side by side; > 0
    std::size_t samples = 16384;       ///< decisions an update learns from, at most; > 0
  };
};

}  // namespace muster::inline MUSTER_ABI::kmps
