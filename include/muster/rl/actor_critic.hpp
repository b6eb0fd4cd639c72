// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/autodiff/tape.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>
#include <muster/nn/optim/staircase.hpp>
#include <muster/rl/actor.hpp>
#include <muster/rl/critic.hpp>
#include <muster/rl/detail/actor_and_critic.hpp>
#include <muster/rl/detail/minibatch.hpp>
#include <muster/rl/ppo_loss.hpp>
#include <muster/rl/ppo_stats.hpp>
#include <muster/rl/rollout.hpp>
#include <muster/rl/running_moments.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Advantage actor-critic: the policy gradient with a learned baseline, each decision used once.
///
/// Idea      make what turned out better than expected more probable. The data fits the policy
///           that made it, so after one pass it is worn out; nothing holds the policy back but
///           the learning rate.
/// Source    V. Mnih et al.: Asynchronous methods for deep reinforcement learning, ICML 2016,
///           Algorithm S3, in the form with one learner and many environments (A2C); R. Sutton,
///           D. McAllester, S. Singh, Y. Mansour: Policy gradient methods, NIPS 1999, for the
///           gradient. Here actor and critic share no parameters.
/// Equation  L = -mean(A ln p(a | s)) - beta H + L_V,   A and targets as the batch has them: with
///           rl/n_step.hpp those of the source, with rl/gae.hpp any lambda
/// Symbols   beta = weight of the entropy H, L_V = value loss
/// Relation  on data of the very policy that learns, one step equals one of `ppo` with one epoch
///           and one minibatch: at ratio 1 the clipping has no effect. The test says so.
/// Use       as `ppo`: `policy().decide` and `value` while collecting, `update` on the batch.
/// Cost      one forward and backward pass per sample; nothing allocates once warm.
/// Determinism    the generator of `update` shuffles where there is more than one step per
///           batch, and is not touched else.
/// Trouble   entropy near 0 early: one bad batch cannot be undone; raise its weight, or lower
///           the rate.
template <class Actor = actor<>, critic_strategy Critic = single_critic<>>
class actor_critic : public detail::actor_and_critic<Actor, Critic> {
  using base = detail::actor_and_critic<Actor, Critic>;

 public:
  using typename base::backend_type;
  using typename base::tape_type;
  using typename base::value_type;
  using typename base::var_type;

  struct config {
    typename Actor::config actor{};
    typename Critic::config critic{};
    double entropy = 0.01;       ///< weight of the entropy, nats^-1; >= 0
    std::size_t minibatch = 0;   ///< samples per step; 0 = the whole batch in one step
    double max_grad_norm = 0.5;  ///< per network; 0 = no limit
    value_loss_kind value_loss = value_loss_kind::mse;
    double huber_delta = 1.0;           ///< where Huber's loss turns straight; > 0
    bool normalise_advantages = false;  ///< over the whole batch
    double actor_rate = 7e-4;           ///< learning rate; > 0
    double critic_rate = 7e-4;          ///< learning rate; > 0
    double adam_epsilon = 1e-8;         ///< > 0
    nn::staircase decay{.rate = 1.0, .decay = 1.0, .every = 1000};  ///< of both rates, in steps
  };

  /// Orthogonal initial values with gains sqrt(2) (hidden), 0.01 (policy) and 1 (value), drawn
  /// from `g`; for others call `policy().initialise` and `critic().initialise`.
  actor_critic(const config& c, rng& g) : base{c, g}, config_{c} {
    MUSTER_EXPECTS(c.entropy >= 0.0 && c.max_grad_norm >= 0.0 && c.huber_delta > 0.0,
                   "muster: rl::actor_critic config is out of range; see the field's comment");
  }

  /// V of each row of `states` [n, critic().in()] into `out` [n].
  void values(std::span<const float> states, std::span<float> out) {
    base::read_critic(states, out, false);
  }
  /// The same as a target sees it: from the frozen network, if the critic has one.
  void next_values(std::span<const float> states, std::span<float> out) {
    base::read_critic(states, out, true);
  }
  [[nodiscard]] float value(std::span<const float> state) {
    float v = 0.0F;
    values(state, {&v, 1});
    return v;
  }
  [[nodiscard]] float next_value(std::span<const float> state) {
    float v = 0.0F;
    next_values(state, {&v, 1});
    return v;
  }

  /// Learns from a batch, each sample once; an empty one changes nothing. What is not finite is
  /// refused: in the batch, then nothing changes; in a loss or a gradient, then that step and
  /// all later ones are left out.
  ppo_stats update(const ppo_batch& batch, rng& g) {
    base::check(batch);
    ppo_stats stats;
    const std::size_t n = batch.size();
    if (n == 0) return stats;
    if (!detail::all_finite(batch)) {
      stats.refused = true;
      return stats;
    }
    stats.explained_variance = detail::explained_variance(batch);
    const std::size_t rows = config_.minibatch == 0 ? n : (std::min)(n, config_.minibatch);
    const std::size_t parts = (n + rows - 1) / rows;
    prepare(batch, rows);
    if (parts > 1) {
      for (std::size_t i = n; i > 1; --i) {
        std::swap(order_[i - 1], order_[static_cast<std::size_t>(uniform_below(g, i))]);
      }
    }
    double seen = 0.0;
    for (std::size_t part = 0; part < parts && !stats.refused; ++part) {
      const std::size_t first = part * n / parts;
      const std::size_t count = (part + 1) * n / parts - first;
      step(batch, std::span<const std::uint32_t>{order_}.subspan(first, count), stats);
      seen += static_cast<double>(count);
    }
    stats.average(seen);
    if (stats.steps > 0) critic_.end_cycle();
    return stats;
  }

  [[nodiscard]] const config& configuration() const noexcept { return config_; }

  /// Names in a checkpoint (nn/checkpoint.hpp) all that a resumed training needs, but for the
  /// generator, which is the caller's.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    base::add_networks(c, prefix);
  }

 private:
  using base::actor_;
  using base::critic_;
  using base::tape_;

  void prepare(const ppo_batch& b, std::size_t rows) {
    const std::size_t n = b.size();
    order_.resize(n);
    for (std::size_t i = 0; i < n; ++i) order_[i] = static_cast<std::uint32_t>(i);
    advantage_map_ = {};
    if (config_.normalise_advantages) {
      running_moments m;
      m.add(b.advantages);
      advantage_map_ = {.offset = m.mean(), .scale = 1.0 / (m.sd() + 1e-8)};
    }
    part_.reserve(rows, actor_.in(), critic_.in(), b.masks.empty() ? 0 : actor_.actions());
  }

  // Forward, backward, clip, Adam for the samples `rows`.
  void step(const ppo_batch& b, std::span<const std::uint32_t> rows, ppo_stats& stats) {
    part_.gather(b, rows, advantage_map_, {});
    using T = value_type;
    tape_.reset();
    const var_type x = tape_.constant(part_.x);
    const var_type states =
        part_.states.data() == part_.x.data() ? x : tape_.constant(part_.states);
    const var_type log_probs = actor_.log_probs(tape_, x, part_.mask);
    const var_type policy =
        -mean(pick_columns(log_probs, part_.chosen) * tape_.constant(part_.advantages));
    const var_type entropy = mean_entropy(log_probs);
    const var_type target = tape_.constant(part_.targets);
    const var_type off = critic_.loss(tape_, states, [&](var_type prediction) {
      return value_loss(prediction, target, config_.value_loss,
                        static_cast<T>(config_.huber_delta));
    });
    const var_type total = policy + entropy * static_cast<T>(-config_.entropy) + off;

    const double weight = static_cast<double>(rows.size());
    const double losses[3] = {static_cast<double>(policy.item()), static_cast<double>(off.item()),
                              static_cast<double>(entropy.item())};
    stats.policy_loss += losses[0] * weight;
    stats.value_loss += losses[1] * weight;
    stats.entropy += losses[2] * weight;
    if (!std::isfinite(losses[0] + losses[1] + losses[2])) {
      stats.refused = true;
      return;
    }
    base::descend(total, config_.max_grad_norm, config_.decay, weight, stats);
  }

  config config_;
  std::vector<std::uint32_t> order_;
  detail::minibatch<value_type, backend_type> part_;
  detail::linear_map advantage_map_;
};

}  // namespace muster::inline MUSTER_ABI::rl
