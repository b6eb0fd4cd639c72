// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <muster/autodiff/ops.hpp>
#include <muster/autodiff/tape.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/nn/init.hpp>
#include <muster/nn/optim/adam.hpp>
#include <muster/nn/optim/clip_norm.hpp>
#include <muster/rl/action_kinds.hpp>
#include <muster/rl/actor.hpp>
#include <muster/rl/detail/raw_head.hpp>
#include <muster/rl/detail/staging.hpp>
#include <muster/rl/deterministic_policy.hpp>
#include <muster/rl/ppo_stats.hpp>
#include <muster/rl/replay_buffer.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Deep deterministic policy gradient: a critic of actions, and a policy that climbs it.
///
/// Idea      with a critic Q(s, a) that is differentiable in the action, the policy need not try
///           actions to see which way is up: the slope of Q at its own action says so.
/// Source    T. Lillicrap et al.: Continuous control with deep reinforcement learning, 2015,
///           Algorithm 1; D. Silver et al.: Deterministic policy gradient algorithms, ICML 2014.
///           No batch normalisation; the action enters the critic at its first layer.
/// Equation  y = r + g Q'(s', mu'(s')),   L_Q = mean (Q(s, a) - y)^2 / 2 (Huber with a delta)
///           L_mu = -mean Q(s, mu(s)) + penalty mean x^2
///           Q' and mu' follow: theta' <- tau theta + (1 - tau) theta'
/// Symbols   g = discount of the transition, 0 at an end; x = outputs before they become actions;
///           mu' over what the mask of s' allows
/// Actions   `box_action`: vectors, the transition's `action`; `relaxed_choice`: one of several,
///           the transition's `choice`, which the critic sees as a unit vector.
/// Use       step by step: `policy().explore`, then `observe(transition, rng)`, which learns by
///           itself; with choices also by episodes, `update(batch, rng)`.
/// Cost      a gradient step is about six forward and three backward passes over a minibatch;
/// nothing
///           allocates once warm.
/// Determinism    minibatches and noise are drawn by the given generator.
/// Checkpoint     networks, copies and optimisers; not the replay, which a resumed training fills
///                again.
/// Trouble   actions stuck at a bound: the policy climbed an error of a young critic; a longer
///           warm-up, a lower actor rate or a penalty help.
template <class Network = nn::mlp<>, class Action = box_action<>, class Critic = Network>
class ddpg {
 public:
  using network_type = Network;
  using critic_network_type = Critic;
  using value_type = typename Network::value_type;
  using backend_type = typename Network::backend_type;
  using tape_type = typename Network::tape_type;
  using var_type = typename Network::var_type;
  using policy_type = deterministic_policy<Network, Action>;
  using optimiser_type = nn::adam<value_type, backend_type>;

  static_assert(std::is_same_v<tape_type, typename Critic::tape_type>,
                "muster: rl::ddpg trains actor and critic on one tape; give both networks the same "
                "number type and backend");

  struct config {
    typename Network::config actor{};  ///< in = observation, out = numbers of the action
    typename Critic::config critic{};  ///< in = state + numbers of the action, out = 1
    typename Action::config action{};
    bool separate_state = false;       ///< the critic sees a state, not the actor's observation
    bool masked = false;               ///< transitions come with masks
    std::size_t capacity = 1 << 16;    ///< transitions kept; >= 1
    std::size_t warm_up = 1000;        ///< transitions before the first gradient step; >= 1
    std::size_t minibatch = 64;        ///< transitions per gradient step; >= 1
    std::size_t train_every = 1;       ///< new transitions per gradient step; >= 1
    double follow = 0.005;             ///< tau, per gradient step; (0, 1]; paper: 0.001
    double huber_delta = 0.0;          ///< of the critic's loss; 0 = squares
    double penalty = 0.0;              ///< on the squares of the outputs; >= 0
    double max_grad_norm = 0.0;        ///< per network; 0 = no limit
    double actor_rate = 1e-4;          ///< learning rate of Adam; > 0
    double critic_rate = 1e-3;         ///< learning rate of Adam; > 0
    double critic_weight_decay = 0.0;  ///< decoupled; >= 0; the paper adds 0.01 |w|^2 to L_Q
  };

  /// He's initial values, the last layers small, so that first actions and values are near 0.
  ddpg(const config& c, rng& g)
      : config_{c},
        policy_{{.network = c.actor, .action = c.action}},
        critic_{{.network = c.critic, .head = {}}},
        frozen_policy_{{.network = c.actor, .action = c.action}},
        frozen_critic_{{.network = c.critic, .head = {}}},
        actor_optimiser_{policy_.store(), {.rate = c.actor_rate}},
        critic_optimiser_{critic_.store(),
                          {.rate = c.critic_rate, .weight_decay = c.critic_weight_decay}},
        replay_{{.capacity = c.capacity,
                 .observation_size = policy_.in(),
                 .state_size = c.separate_state ? critic_.in() - policy_.actions() : 0,
                 .action_size = Action::discrete ? 0 : policy_.actions(),
                 .masked_actions = c.masked ? policy_.actions() : 0}} {
    MUSTER_EXPECTS(c.warm_up > 0 && c.minibatch > 0 && c.train_every > 0 && c.follow > 0.0 &&
                       c.follow <= 1.0 && c.huber_delta >= 0.0 && c.penalty >= 0.0 &&
                       c.max_grad_norm >= 0.0,
                   "muster: rl::ddpg config is out of range; see the field's comment");
    MUSTER_EXPECTS(critic_.actions() == 1 && critic_.in() > policy_.actions() &&
                       (c.separate_state || critic_.in() == policy_.in() + policy_.actions()),
                   "muster: rl::ddpg has a critic of another width; set critic.in to what it sees "
                   "plus the numbers of the action, and critic.out to 1");
    policy_.initialise(nn::he{}, nn::orthogonal{0.01}, g);
    critic_.initialise(nn::he{}, nn::orthogonal{0.01}, g);
    synchronise();
  }

  [[nodiscard]] policy_type& policy() noexcept { return policy_; }
  [[nodiscard]] const policy_type& policy() const noexcept { return policy_; }
  [[nodiscard]] replay_buffer& replay() noexcept { return replay_; }
  [[nodiscard]] const config& configuration() const noexcept { return config_; }
  /// Parameters of the critic, and of both copies.
  [[nodiscard]] auto& critic_store() noexcept { return critic_.store(); }
  [[nodiscard]] auto& frozen_policy_store() noexcept { return frozen_policy_.store(); }
  [[nodiscard]] auto& frozen_critic_store() noexcept { return frozen_critic_.store(); }
  /// Makes both copies equal to what learns.
  void synchronise() {
    frozen_policy_.store().copy_values(policy_.store());
    frozen_critic_.store().copy_values(critic_.store());
  }

  /// Q(s, a) of each row [state, action] [n, critic.in] into `out` [n].
  void q(std::span<const float> rows, std::span<float> out) {
    critic_.probabilities(rows, {}, out);
  }

  /// Remembers a transition, and learns whenever `train_every` new ones have come.
  ppo_stats observe(const transition& t, rng& g) {
    replay_.add(t);
    ppo_stats stats;
    if (++unused_ >= config_.train_every && replay_.size() >= config_.warm_up) {
      unused_ = 0;
      learn(stats, g);
    }
    return stats;
  }

  /// Remembers a batch of choices and makes a gradient step per `train_every` of them. Means over
  /// the steps: L_Q is `value_loss`, L_mu `policy_loss`.
  ppo_stats update(const ppo_batch& batch, rng& g) requires(Action::discrete) {
    ppo_stats stats;
    const std::size_t added = replay_.add(batch);
    if (replay_.size() < config_.warm_up) return stats;
    for (std::size_t left = added / config_.train_every; left > 0 && !stats.refused; --left) {
      learn(stats, g);
    }
    stats.average((std::max)(1.0, static_cast<double>(stats.steps)));
    return stats;
  }

  /// One gradient step of both networks; adds to the sums of `stats`. What is not finite is
  /// refused: the network it belongs to, and the copies, stay as they are.
  void learn(ppo_stats& stats, rng& g) {
    draw(g);
    if (!learn_critic(stats) || !learn_actor(stats, g)) return;
    detail::follow(frozen_policy_.store(), policy_.store(), config_.follow);
    detail::follow(frozen_critic_.store(), critic_.store(), config_.follow);
    ++stats.steps;
  }

  // The parts of `learn`, for those who update the policy less often than the critic.

  /// Draws the minibatch that the next two use.
  void draw(rng& g) {
    rows_.resize(config_.minibatch);
    replay_.sample(g, rows_);
  }
  /// One step on L_Q; false if it was refused.
  bool learn_critic(ppo_stats& stats) {
    const std::size_t n = rows_.size(), a = policy_.actions(), s = critic_.in() - a;
    targets();
    joined_.reserve(n * (s + a));
    value_type* out = joined_.host().data();
    for (const std::uint32_t r : rows_) {
      const float* state = replay_.states().data() + r * s;
      for (std::size_t j = 0; j < s; ++j) *out++ = static_cast<value_type>(state[j]);
      for (std::size_t j = 0; j < a; ++j) *out++ = static_cast<value_type>(past_action(r, j));
    }
    tape_.reset();
    const var_type off =
        critic_.network().forward(tape_, tape_.constant(joined_.commit({n, s + a}))) -
        tape_.constant(y_.commit({n, 1}));
    const var_type loss = config_.huber_delta > 0.0
                              ? mean(huber(off, static_cast<value_type>(config_.huber_delta)))
                              : mean(square(off)) * value_type(0.5);
    return step(loss, critic_.store(), critic_optimiser_, stats, stats.value_loss,
                stats.critic_gradient_norm);
  }
  /// One step on L_mu; false if it was refused.
  bool learn_actor(ppo_stats& stats, rng& g) {
    const std::size_t n = rows_.size(), d = policy_.in(), a = policy_.actions();
    const std::size_t s = critic_.in() - a;
    tape_.reset();
    const var_type x =
        tape_.constant(detail::gathered(x_, replay_.observations(), d, rows_, {n, d}));
    const var_type outputs = policy_.network().forward(tape_, x);
    const var_type action = action_of(outputs, g);
    const var_type state =
        config_.separate_state
            ? tape_.constant(detail::gathered(state_, replay_.states(), s, rows_, {n, s}))
            : x;
    const std::array joined{state, action};
    const var_type value = mean(critic_.network().forward(tape_, concat(joined, 1)));
    var_type loss = -value;
    if (config_.penalty > 0.0) {
      loss = loss + mean(square(outputs)) * static_cast<value_type>(config_.penalty);
    }
    return step(loss, policy_.store(), actor_optimiser_, stats, stats.policy_loss,
                stats.actor_gradient_norm);
  }

  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    const std::string p{prefix};
    c.add(policy_.store(), p + "policy/");
    c.add(critic_.store(), p + "q/");
    c.add(frozen_policy_.store(), p + "frozen_policy/");
    c.add(frozen_critic_.store(), p + "frozen_q/");
    c.add(p + "policy_adam", policy_.store(), actor_optimiser_);
    c.add(p + "q_adam", critic_.store(), critic_optimiser_);
  }

 private:
  using reader_type = actor<Critic, detail::raw_head>;

  [[nodiscard]] float past_action(std::uint32_t row, std::size_t j) const noexcept {
    if constexpr (Action::discrete) {
      return replay_.choices()[row] == j ? 1.0F : 0.0F;
    } else {
      return replay_.actions()[row * policy_.actions() + j];
    }
  }

  // y of the minibatch into y_, on the host.
  void targets() {
    const std::size_t n = rows_.size(), a = policy_.actions(), s = critic_.in() - a;
    detail::gather_to(next_, replay_.next_observations(), policy_.in(), rows_);
    outputs_.resize(n * a);
    frozen_policy_.outputs().probabilities(next_, {}, outputs_);
    next_joined_.resize(n * (s + a));
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t r = rows_[i];
      const std::span<float> action = std::span{outputs_}.subspan(i * a, a);
      if (replay_.discounts()[r] != 0.0F) {
        action_.settle(action, config_.masked ? replay_.next_masks().subspan(r * a, a)
                                              : std::span<const std::uint8_t>{});
      }
      float* row = next_joined_.data() + i * (s + a);
      const float* state = replay_.next_states().data() + r * s;
      std::copy(state, state + s, row);
      std::copy(action.begin(), action.end(), row + s);
    }
    next_q_.resize(n);
    frozen_critic_.probabilities(next_joined_, {}, next_q_);
    y_.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
      const float g = replay_.discounts()[rows_[i]];
      double y = static_cast<double>(replay_.rewards()[rows_[i]]);
      if (g != 0.0F) y += static_cast<double>(g) * static_cast<double>(next_q_[i]);
      y_.host()[i] = static_cast<value_type>(y);
    }
  }

  // mu of the minibatch on the tape.
  var_type action_of(var_type outputs, [[maybe_unused]] rng& g) {
    const std::size_t n = rows_.size(), a = policy_.actions();
    num::view<const std::uint8_t> mask;
    if (config_.masked) mask = detail::gathered(masks_, replay_.masks(), a, rows_, {n, a});
    if constexpr (Action::discrete) {
      outputs_.resize(n * a);
      action_.noise(outputs_, g);
      noise_.reserve(n * a);
      for (std::size_t i = 0; i < n * a; ++i)
        noise_.host()[i] = static_cast<value_type>(outputs_[i]);
      num::view<const value_type> hard;
      if (action_.settings().hard) {
        detail::gather_to(next_, replay_.observations(), policy_.in(), rows_);
        scores_.resize(n * a);
        policy_.outputs().probabilities(next_, {}, scores_);
        hard_.reserve(n * a);
        for (std::size_t i = 0; i < n; ++i) {
          const std::span<float> row = std::span{scores_}.subspan(i * a, a);
          for (std::size_t k = 0; k < a; ++k) row[k] += outputs_[i * a + k];
          action_.settle(row, config_.masked ? replay_.masks().subspan(rows_[i] * a, a)
                                             : std::span<const std::uint8_t>{});
          for (std::size_t k = 0; k < a; ++k) {
            hard_.host()[i * a + k] = static_cast<value_type>(row[k]);
          }
        }
        hard = hard_.commit({n, a});
      }
      return action_.on_tape(outputs + tape_.constant(noise_.commit({n, a})), mask, hard);
    } else {
      return action_.on_tape(outputs, mask);
    }
  }

  template <class Store>
  bool step(var_type loss, Store& store, optimiser_type& optimiser, ppo_stats& stats, double& sum,
            double& norm_sum) {
    const double value = static_cast<double>(loss.item());
    if (!std::isfinite(value)) {
      stats.refused = true;
      return false;
    }
    policy_.store().zero_grads();
    critic_.store().zero_grads();  // the policy's loss runs through the critic
    tape_.backward(loss);
    const auto norm =
        nn::clip_norm(store, config_.max_grad_norm > 0.0 ? config_.max_grad_norm
                                                         : (std::numeric_limits<double>::max)());
    if (!norm.finite) {
      stats.refused = true;
      return false;
    }
    optimiser.step(store, 1.0, norm.scale);
    sum += value;
    norm_sum += norm.norm;
    return true;
  }

  config config_;
  policy_type policy_;
  reader_type critic_;
  policy_type frozen_policy_;
  reader_type frozen_critic_;
  optimiser_type actor_optimiser_, critic_optimiser_;
  replay_buffer replay_;
  Action action_{config_.action};
  tape_type tape_;
  std::uint64_t unused_ = 0;
  std::vector<std::uint32_t> rows_;
  std::vector<float> next_, outputs_, scores_, next_joined_, next_q_;
  detail::staging<value_type, backend_type> x_, state_, joined_, y_, noise_, hard_;
  detail::staging<std::uint8_t, backend_type> masks_;
};

}  // namespace muster::inline MUSTER_ABI::rl
