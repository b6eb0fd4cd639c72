// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <muster/concepts/trainer.hpp>
#include <muster/rl/actor_critic.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// Advantage actor-critic with one actor and one critic for all access points.
///
/// Source    the AC baseline of KMPS IV-C.1, of which the paper gives no number; and the learner of
///           KaiS's coordinated multi-agent actor-critic, where one critic that sees the whole
///           system serves all access points.
/// Against   shared_ppo: every decision is used once, and nothing limits the step.
/// Numbers   one step per round: a second step on the same round is taken by a policy that no
///           longer made the data, and small minibatches at the rate of shared_ppo end below an
///           untrained policy. Rate and minibatch were chosen by a search on training requests.
class shared_actor_critic {
 public:
  template <class Actor, class Critic>
  using learner = rl::actor_critic<Actor, Critic>;

  struct config {
    double gamma = 0.99;               ///< discount per slot; within one slot it is 1
    double entropy = 0.01;             ///< weight of the entropy
    std::size_t minibatch = 0;         ///< samples per step; 0 = one step per round
    double max_grad_norm = 1.0;        ///< per network; 0 = no limit
    double huber_delta = 1.0;          ///< of the value loss
    bool normalise_advantages = true;  ///< over the round
    double actor_rate = 5e-3;
    double critic_rate = 5e-4;
    double decay = 0.96;               ///< of both rates, every `decay_every` steps
    std::uint64_t decay_every = 1000;  ///< optimiser steps
    std::size_t copies = 4;            ///< environments that collect side by side; > 0
    std::size_t samples = 16384;       ///< decisions a round keeps for learning, at most; > 0
  };

  template <class Learner>
  [[nodiscard]] static typename Learner::config learner_config(
      const config& t, const typename Learner::actor_type::config& actor,
      const typename Learner::critic_type::config& critic) {
    typename Learner::config c;
    c.actor = actor;
    c.critic = critic;
    c.entropy = t.entropy;
    c.minibatch = t.minibatch;
    c.max_grad_norm = t.max_grad_norm;
    c.value_loss = rl::value_loss_kind::huber;
    c.huber_delta = t.huber_delta;
    c.normalise_advantages = t.normalise_advantages;
    c.actor_rate = t.actor_rate;
    c.critic_rate = t.critic_rate;
    c.decay = {.rate = 1.0, .decay = t.decay, .every = t.decay_every};
    return c;
  }
};

static_assert(trainer<shared_actor_critic>);

}  // namespace muster::inline MUSTER_ABI::kmps
