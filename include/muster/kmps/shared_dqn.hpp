// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <muster/concepts/trainer.hpp>
#include <muster/core/rng.hpp>
#include <muster/rl/dqn.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// Deep Q-learning with one network for all access points: a method of one agent, cited by KMPS.
///
/// Needs     slot::actor<rl::q_policy<>>. There is no critic beside it: slot::critic and
///           slot::advantage are not used.
/// Buffers   with `in_turn` of window 1: a replay is a window already, and would hear all twice.
/// Against   shared_ppo: minibatch / train_every is 4, so each decision is seen as often as in
///           its four epochs.
class shared_dqn {
 public:
  template <class Actor, class Critic>
  class learner : public rl::dqn<typename Actor::network_type> {
    using base = rl::dqn<typename Actor::network_type>;
    static_assert(std::is_same_v<Actor, rl::q_policy<typename Actor::network_type>>,
                  "muster: kmps::shared_dqn needs an actor that values targets; use "
                  "slot::actor<rl::q_policy<>>");

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
    double gamma = 0.99;  ///< discount per slot; within one slot it is 1
    rl::epsilon_line epsilon{.from = 1.0, .to = 0.05, .over = 50000};  ///< over decisions
    std::size_t capacity = 1 << 16;                                    ///< decisions kept; > 0
    std::size_t warm_up = 1024;          ///< decisions before the first step; > 0
    std::size_t minibatch = 64;          ///< decisions per step; > 0
    std::size_t train_every = 16;        ///< new decisions per step; > 0
    double follow = 0.01;                ///< of the copy, per step; 0 = copies, see below
    std::uint64_t refresh_every = 1000;  ///< steps between copies, with follow = 0
    bool double_q = true;
    double huber_delta = 1.0;    ///< of the loss; > 0
    double max_grad_norm = 1.0;  ///< 0 = no limit
    double rate = 5e-4;
    std::size_t copies = 4;       ///< environments that collect side by side; > 0
    std::size_t samples = 16384;  ///< decisions a round keeps for learning, at most; > 0
  };

  template <class Learner>
  [[nodiscard]] static typename Learner::config learner_config(
      const config& t, const typename Learner::actor_type::config& actor,
      const typename Learner::critic_type::config&) {
    typename Learner::config c;
    c.network = actor.network;
    c.epsilon = t.epsilon;
    c.masked = true;
    c.capacity = t.capacity;
    c.warm_up = t.warm_up;
    c.minibatch = t.minibatch;
    c.train_every = t.train_every;
    c.follow = t.follow;
    c.refresh_every = t.refresh_every;
    c.double_q = t.double_q;
    c.huber_delta = t.huber_delta;
    c.max_grad_norm = t.max_grad_norm;
    c.rate = t.rate;
    return c;
  }
};

static_assert(trainer<shared_dqn>);

}  // namespace muster::inline MUSTER_ABI::kmps
