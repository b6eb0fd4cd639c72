// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <type_traits>

#include <muster/concepts/trainer.hpp>
#include <muster/core/rng.hpp>
#include <muster/rl/ddpg.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// DDPG over numbered targets, with one policy and one critic for all access points.
///
/// Source    the DDPG baseline of KMPS IV-C.1. The paper does not say how a method for continuous
///           actions chooses a node: here the policy gives every target a score, the best
///           allowed one is taken, and gradients go through a Gumbel-softmax (rl/action_kinds.hpp).
/// Needs     slot::actor<rl::score_policy<>>. Of slot::critic the widths are used: the critic is
///           Q(state, target). Advantages are not.
/// Buffers   with `in_turn` of window 1: a replay is a window already, and would hear all twice.
/// Against   shared_ppo: minibatch / train_every is 4, so each decision is seen as often as in
///           its four epochs.
class shared_ddpg {
  template <class Actor, class Critic>
  using base_of =
      rl::ddpg<typename Actor::network_type, rl::relaxed_choice, typename Critic::network_type>;

 public:
  template <class Actor, class Critic>
  class learner : public base_of<Actor, Critic> {
    using base = base_of<Actor, Critic>;
    static_assert(std::is_same_v<Actor, rl::score_policy<typename Actor::network_type>>,
                  "muster: kmps::shared_ddpg needs an actor that scores; use "
                  "slot::actor<rl::score_policy<>>");

   public:
    using actor_type = Actor;
    using critic_type = Critic;
    using config = typename base::config;

    using base::base;

    /// No values of states: targets are worked out from what follows, when it is learned from.
    void values(std::span<const float>, std::span<float> out) const noexcept {
      std::fill(out.begin(), out.end(), 0.0F);
    }
    void next_values(std::span<const float>, std::span<float> out) const noexcept {
      std::fill(out.begin(), out.end(), 0.0F);
    }
  };

  struct config {
    double gamma = 0.99;             ///< discount per slot; within one slot it is 1
    std::size_t capacity = 1 << 16;  ///< decisions kept; > 0
    std::size_t warm_up = 1024;      ///< decisions before the first step; > 0
    std::size_t minibatch = 64;      ///< decisions per step; > 0
    std::size_t train_every = 16;    ///< new decisions per step; > 0
    double follow = 0.01;            ///< of the copies, per step; (0, 1]
    double huber_delta = 1.0;        ///< of the critic's loss; 0 = squares
    double penalty = 1e-3;           ///< on the squares of the scores
    double max_grad_norm = 1.0;      ///< per network; 0 = no limit
    rl::relaxed_choice::config action{};
    double actor_rate = 6e-4;  ///< both chosen by a search on training requests
    double critic_rate = 3e-3;
    std::size_t copies = 4;       ///< environments that collect side by side; > 0
    std::size_t samples = 16384;  ///< decisions a round keeps for learning, at most; > 0
  };

  template <class Learner>
  [[nodiscard]] static typename Learner::config learner_config(
      const config& t, const typename Learner::actor_type::config& actor,
      const typename Learner::critic_type::config& critic) {
    typename Learner::config c;
    c.actor = actor.network;
    c.critic = critic.network;
    c.critic.in += targets(actor.network);
    c.separate_state = true;
    c.masked = true;
    c.action = t.action;
    c.capacity = t.capacity;
    c.warm_up = t.warm_up;
    c.minibatch = t.minibatch;
    c.train_every = t.train_every;
    c.follow = t.follow;
    c.huber_delta = t.huber_delta;
    c.penalty = t.penalty;
    c.max_grad_norm = t.max_grad_norm;
    c.actor_rate = t.actor_rate;
    c.critic_rate = t.critic_rate;
    return c;
  }

 private:
  template <class NetworkConfig>
  [[nodiscard]] static std::size_t targets(const NetworkConfig& c) noexcept {
    if constexpr (requires { c.out; }) {
      return c.out;
    } else {
      return c.layout.targets;
    }
  }
};

static_assert(trainer<shared_ddpg>);

}  // namespace muster::inline MUSTER_ABI::kmps
