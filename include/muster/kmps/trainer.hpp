// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <muster/concepts/curriculum.hpp>
#include <muster/core/time.hpp>
#include <muster/rl/ppo.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// How long and on what a pipeline trains.
struct train_config {
  std::uint32_t episodes = 20;      ///< rounds; each plays one episode per copy; > 0
  duration horizon = seconds(120);  ///< of an episode; arrivals at or after it are left out
  std::uint64_t seed = 1;           ///< workloads get seeds derived from it
};

/// What one round of a training looked like.
struct train_progress {
  std::uint32_t episode = 0;   ///< rounds done, this one included
  std::uint32_t episodes = 0;  ///< rounds in all
  double throughput = 0.0;     ///< of the exploring policy, mean over the copies
  double reward = 0.0;         ///< mean reward per decision
  std::uint64_t decisions = 0;
  std::uint64_t replica_changes = 0;  ///< that orchestrators asked for and got
  lesson level{};                     ///< what the curriculum made of this round
  std::uint64_t version = 0;          ///< newest round the acting policy has learned from
  std::uint64_t dropped = 0;          ///< decisions nobody learned from in time, so far
  rl::ppo_stats learning{};           ///< of the newest update that is known
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
    std::size_t samples = 16384;       ///< decisions a round keeps for learning, at most; > 0
  };

  /// The config of the learner: `t` with the networks the pipeline has worked out.
  template <class Learner>
  [[nodiscard]] static typename Learner::config learner_config(
      const config& t, const typename Learner::actor_type::config& actor,
      const typename Learner::critic_type::config& critic) {
    typename Learner::config c;
    c.actor = actor;
    c.critic = critic;
    c.clip = t.clip;
    c.entropy = t.entropy;
    c.epochs = t.epochs;
    c.minibatch = t.minibatch;
    c.max_grad_norm = t.max_grad_norm;
    c.value_loss = rl::value_loss_kind::huber;
    c.huber_delta = t.huber_delta;
    c.normalise_values = t.normalise_values;
    c.target_kl = t.target_kl;
    c.actor_rate = t.actor_rate;
    c.critic_rate = t.critic_rate;
    c.decay = {.rate = 1.0, .decay = t.decay, .every = t.decay_every};
    return c;
  }
};

}  // namespace muster::inline MUSTER_ABI::kmps
