// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/autodiff/tape.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/nn/init.hpp>
#include <muster/nn/optim/adam.hpp>
#include <muster/nn/optim/clip_norm.hpp>
#include <muster/nn/optim/staircase.hpp>
#include <muster/rl/actor.hpp>
#include <muster/rl/detail/raw_head.hpp>
#include <muster/rl/detail/staging.hpp>
#include <muster/rl/masked_categorical.hpp>
#include <muster/rl/ppo_loss.hpp>
#include <muster/rl/ppo_stats.hpp>
#include <muster/rl/q_policy.hpp>
#include <muster/rl/replay_buffer.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Of the return of an action its mean is learned: one number.
struct expected_value {
  struct config {};
  explicit expected_value(config = {}) noexcept {}

  [[nodiscard]] static constexpr std::size_t numbers() noexcept { return 1; }
  /// Of predictions [n, 1] against targets [n, 1], both on the tape.
  template <class T, class Backend>
  [[nodiscard]] autodiff::var<T, Backend> loss(autodiff::var<T, Backend> prediction,
                                               autodiff::var<T, Backend> target, T delta) const {
    return value_loss(prediction, target, value_loss_kind::huber, delta);
  }
};

/// Deep Q-learning: the value of every action, learned from a replay of the past.
///
/// Idea      the value of an action is its reward and the value of the best action after it.
///           Regressing on that with a network is kept steady by two things: samples come from
///           a long past, and "the best after it" is asked of a copy that stands still.
/// Source    V. Mnih et al.: Human-level control through deep reinforcement learning, Nature
///           518, 2015, Algorithm 1. With `double_q`: H. van Hasselt, A. Guez, D. Silver: Deep
///           reinforcement learning with double Q-learning, AAAI 2016. Adam instead of RMSProp;
///           their clipping of the error to [-1, 1] is Huber's loss with delta 1.
/// Equation  y = r + g Q'(s', argmax_a Q*(s', a)),   L = mean huber(Q(s, a) - y)
/// Symbols   g = discount of the transition, 0 at an end; Q' = the copy; Q* = Q' (plain) or Q
///           (double); a' over what the mask of s' allows
/// Estimate  what is learned of the return: its mean as above, or its distribution
///           (rl/quantile_value.hpp); then y, Q and Q' are as many numbers, and Q* their mean.
///           Needs a `config`, `numbers()` of each action, and their `loss(predicted, y, delta)`.
/// Use       step by step: `decide`, then `observe(transition, rng)`, which learns by itself;
///           or by episodes: `update(batch, rng)` with a batch of rl/rollout.hpp.
/// Cost      a gradient step is two (double: three) forward passes and a backward one over a
///           minibatch; nothing allocates once warm.
/// Determinism    minibatches are drawn by the given generator; sums as the backend guarantees.
/// Checkpoint     networks, optimiser and counters; not the replay, which a resumed training
///                fills again.
template <class Network = nn::mlp<>, class Estimate = expected_value>
class dqn {
 public:
  using estimate_type = Estimate;
  using network_type = Network;
  using value_type = typename Network::value_type;
  using backend_type = typename Network::backend_type;
  using tape_type = typename Network::tape_type;
  using var_type = typename Network::var_type;
  using policy_type = q_policy<Network>;
  using optimiser_type = nn::adam<value_type, backend_type>;

  struct config {
    typename Network::config network{};  ///< in = observation, out = number of actions
    typename Estimate::config estimate{};
    epsilon_line epsilon{};
    std::size_t capacity = 1 << 16;      ///< transitions kept; >= 1
    bool masked = false;                 ///< transitions come with masks
    std::size_t warm_up = 1000;          ///< transitions before the first gradient step; >= 1
    std::size_t minibatch = 32;          ///< transitions per gradient step; >= 1
    std::size_t train_every = 4;         ///< new transitions per gradient step; >= 1
    std::uint64_t refresh_every = 1000;  ///< gradient steps between copies; >= 1
    double follow = 0.0;                 ///< part of the way that the copy follows after each
                                         ///< gradient step, instead of copies; [0, 1], 0 = copies
    bool double_q = false;               ///< see above
    double huber_delta = 1.0;            ///< where Huber's loss turns straight; > 0
    double max_grad_norm = 10.0;         ///< 0 = no limit
    double rate = 5e-4;                  ///< learning rate of Adam; > 0
    nn::staircase decay{.rate = 1.0, .decay = 1.0, .every = 1000};  ///< of the rate, in steps
  };

  /// He's initial values, the last layer small, so that all actions start almost alike.
  dqn(const config& c, rng& g)
      : config_{c},
        estimate_{c.estimate},
        policy_{{.network = widened(c.network, estimate_.numbers()),
                 .epsilon = c.epsilon,
                 .numbers = estimate_.numbers()}},
        frozen_{{.network = widened(c.network, estimate_.numbers())}},
        optimiser_{policy_.store(), {.rate = c.rate}},
        replay_{{.capacity = c.capacity,
                 .observation_size = policy_.in(),
                 .masked_actions = c.masked ? policy_.actions() : 0}} {
    MUSTER_EXPECTS(c.warm_up > 0 && c.minibatch > 0 && c.train_every > 0 && c.refresh_every > 0 &&
                       c.huber_delta > 0.0 && c.max_grad_norm >= 0.0 && c.follow >= 0.0 &&
                       c.follow <= 1.0,
                   "muster: rl::dqn config is out of range; see the field's comment");
    policy_.initialise(nn::he{}, nn::orthogonal{0.01}, g);
    refresh();
  }

  [[nodiscard]] policy_type& policy() noexcept { return policy_; }
  [[nodiscard]] const policy_type& policy() const noexcept { return policy_; }
  [[nodiscard]] replay_buffer& replay() noexcept { return replay_; }
  [[nodiscard]] const config& configuration() const noexcept { return config_; }
  [[nodiscard]] optimiser_type& optimiser() noexcept { return optimiser_; }
  /// Copies the learning network to the one that targets are asked of.
  void refresh() { frozen_.store().copy_values(policy_.store()); }

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

  /// Remembers a batch and makes a gradient step per `train_every` of its transitions. Means
  /// over the steps; the loss is `value_loss`, the norm `critic_gradient_norm`.
  ppo_stats update(const ppo_batch& batch, rng& g) {
    ppo_stats stats;
    const std::size_t added = replay_.add(batch);
    if (replay_.size() < config_.warm_up) return stats;
    for (std::size_t left = added / config_.train_every; left > 0 && !stats.refused; --left) {
      learn(stats, g);
    }
    stats.average((std::max)(1.0, static_cast<double>(stats.steps)));
    return stats;
  }

  /// One gradient step on a minibatch of the replay; adds to the sums of `stats`. A loss or a
  /// gradient that is not finite is refused, and nothing changes.
  void learn(ppo_stats& stats, rng& g) {
    rows_.resize(config_.minibatch);
    replay_.sample(g, rows_);
    targets_of(rows_);
    const std::size_t n = rows_.size(), w = policy_.numbers();
    tape_.reset();
    const var_type x = tape_.constant(
        detail::gathered(x_, replay_.observations(), policy_.in(), rows_, {n, policy_.in()}));
    const var_type q = policy_.network().forward(tape_, x);
    const var_type taken =
        gather_rows(reshape(q, {n * policy_.actions(), w}), chosen_.commit(num::shape{n}));
    const var_type loss = estimate_.loss(taken, tape_.constant(y_.commit({n, w})),
                                         static_cast<value_type>(config_.huber_delta));
    const double off = static_cast<double>(loss.item());
    if (!std::isfinite(off)) {
      stats.refused = true;
      return;
    }
    policy_.store().zero_grads();
    tape_.backward(loss);
    const auto norm = nn::clip_norm(policy_.store(), config_.max_grad_norm > 0.0
                                                         ? config_.max_grad_norm
                                                         : (std::numeric_limits<double>::max)());
    if (!norm.finite) {
      stats.refused = true;
      return;
    }
    optimiser_.step(policy_.store(), config_.decay(optimiser_.steps()), norm.scale);
    stats.value_loss += off;
    stats.critic_gradient_norm += norm.norm;
    ++stats.steps;
    if (config_.follow > 0.0) {
      detail::follow(frozen_.store(), policy_.store(), config_.follow);
    } else if (optimiser_.steps() % config_.refresh_every == 0) {
      refresh();
    }
  }

  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    const std::string p{prefix};
    c.add(policy_.store(), p + "q/");
    c.add(frozen_.store(), p + "frozen/");
    c.add(p + "q_adam", policy_.store(), optimiser_);
    c.add(p + "decisions", policy_.decisions());
  }

 private:
  [[nodiscard]] static typename Network::config widened(typename Network::config c,
                                                        std::size_t numbers) {
    c.out *= numbers;
    return c;
  }

  // What was done in these rows into chosen_, and y of them into y_, on the host.
  void targets_of(std::span<const std::uint32_t> rows) {
    const std::size_t n = rows.size(), a = policy_.actions(), w = policy_.numbers();
    detail::gather_to(next_, replay_.next_observations(), policy_.in(), rows);
    next_outputs_.resize(n * a * w);
    frozen_.probabilities(next_, {}, next_outputs_);
    selector_.resize(n * a);
    if (config_.double_q) {
      policy_.q(next_, selector_);
    } else {
      policy_type::mean_of_each(next_outputs_, selector_);
    }
    y_.reserve(n * w);
    chosen_.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t r = rows[i];
      chosen_.host()[i] = static_cast<std::uint32_t>(i * a) + replay_.choices()[r];
      const auto y = y_.host().subspan(i * w, w);
      const double reward = static_cast<double>(replay_.rewards()[r]);
      std::fill(y.begin(), y.end(), static_cast<value_type>(reward));
      const float discount = replay_.discounts()[r];
      if (discount == 0.0F) continue;
      const std::span<const std::uint8_t> mask =
          config_.masked ? replay_.next_masks().subspan(r * a, a) : std::span<const std::uint8_t>{};
      const std::size_t best =
          greedy_action(std::span<const float>{selector_}.subspan(i * a, a), mask);
      for (std::size_t k = 0; k < w; ++k) {
        const double next = static_cast<double>(next_outputs_[(i * a + best) * w + k]);
        y[k] = static_cast<value_type>(reward + static_cast<double>(discount) * next);
      }
    }
  }

  config config_;
  Estimate estimate_;
  policy_type policy_;
  actor<Network, detail::raw_head> frozen_;
  optimiser_type optimiser_;
  replay_buffer replay_;
  tape_type tape_;
  std::uint64_t unused_ = 0;
  std::vector<std::uint32_t> rows_;
  std::vector<float> next_, next_outputs_, selector_;
  detail::staging<value_type, backend_type> x_, y_;
  detail::staging<std::uint32_t, backend_type> chosen_;
};

}  // namespace muster::inline MUSTER_ABI::rl
