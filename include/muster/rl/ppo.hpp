// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/autodiff/tape.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/part.hpp>
#include <muster/core/rng.hpp>
#include <muster/nn/optim/staircase.hpp>
#include <muster/rl/actor.hpp>
#include <muster/rl/critic.hpp>
#include <muster/rl/detail/actor_and_critic.hpp>
#include <muster/rl/detail/minibatch.hpp>
#include <muster/rl/gradient_correction.hpp>
#include <muster/rl/ppo_loss.hpp>
#include <muster/rl/ppo_stats.hpp>
#include <muster/rl/rollout.hpp>
#include <muster/rl/running_moments.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Proximal policy optimisation: several careful steps on each batch of decisions.
///
/// Idea      the data is worth several passes, as long as the new policy stays near the one
///           that made it: the gain of moving a probability ratio beyond 1 +- clip is cut off.
/// Source    J. Schulman, F. Wolski, P. Dhariwal, A. Radford, O. Klimov: Proximal policy
///           optimization algorithms, 2017, Algorithm 1; the loss is in rl/ppo_loss.hpp.
///           Here actor and critic share no parameters: each has its own Adam, rate and
///           gradient-norm limit. Advantages are normalised over the whole batch.
/// Use       `policy().decide` and `value` while collecting, `update` on the batch.
/// Cost      one forward and backward pass per minibatch, one tape for both networks; nothing
///           allocates once a batch of that size went through.
/// Determinism    samples are shuffled by the given generator; a minibatch is a block of that
///           order, sizes differ by at most one; sums as the backend guarantees.
/// Trouble   `refused`: look for infinite rewards or a rate that is too high. clip_fraction
///           above 0.3 or approx_kl above 0.05: lower the rate or the epochs. entropy near 0
///           early: raise its weight. explained_variance below 0: the critic lags behind.
/// Correction    may change the gradients before each step (rl/gradient_correction.hpp), as
///           federated methods do; not by default.
template <class Actor = actor<>, critic_strategy Critic = single_critic<>,
          gradient_correction_for<typename Actor::store_type, typename Critic::store_type>
              Correction = no_correction>
class ppo : public detail::actor_and_critic<Actor, Critic, Correction> {
  using base = detail::actor_and_critic<Actor, Critic, Correction>;

 public:
  using typename base::backend_type;
  using typename base::tape_type;
  using typename base::value_type;
  using typename base::var_type;

  struct config {
    typename Actor::config actor{};
    typename Critic::config critic{};
    double clip = 0.2;            ///< allowed change of a probability ratio; (0, 1)
    double entropy = 0.01;        ///< weight of the entropy, nats^-1; >= 0
    std::size_t epochs = 4;       ///< passes over a batch; >= 1
    std::size_t minibatch = 256;  ///< samples per step, at most; >= 1
    double max_grad_norm = 0.5;   ///< per network; 0 = no limit
    value_loss_kind value_loss = value_loss_kind::huber;
    double huber_delta = 1.0;  ///< where Huber's loss turns straight; > 0
    double value_clip = 0.0;   ///< allowed change of a value, in units of the loss; 0 = any
    bool normalise_advantages = true;
    bool normalise_values = false;  ///< the critic learns targets of mean 0 and sd 1
    double target_kl = 0.0;         ///< no further step once approx_kl exceeds it; 0 = never
    double actor_rate = 5e-4;       ///< learning rate; > 0
    double critic_rate = 5e-4;      ///< learning rate; > 0
    double adam_epsilon = 1e-8;     ///< > 0
    nn::staircase decay{.rate = 1.0, .decay = 1.0, .every = 1000};  ///< of both rates, in steps
    [[no_unique_address]] config_of<Correction> correction{};       ///< of what changes gradients
  };

  /// Orthogonal initial values with gains sqrt(2) (hidden), 0.01 (policy) and 1 (value), drawn
  /// from `g`; for others call `policy().initialise` and `critic().initialise`.
  ppo(const config& c, rng& g) : base{c, g}, config_{c} {
    MUSTER_EXPECTS(c.clip > 0.0 && c.clip < 1.0 && c.epochs > 0 && c.minibatch > 0,
                   "muster: rl::ppo config is out of range; clip in (0, 1), epochs and minibatch "
                   "at least 1");
    MUSTER_EXPECTS(c.entropy >= 0.0 && c.max_grad_norm >= 0.0 && c.huber_delta > 0.0 &&
                       c.value_clip >= 0.0 && c.target_kl >= 0.0,
                   "muster: rl::ppo config is out of range; see the field's comment");
  }

  /// V of each row of `states` [n, critic().in()] into `out` [n], in units of reward.
  void values(std::span<const float> states, std::span<float> out) {
    base::read_critic(states, out, false);
    restore(out);
  }
  /// The same as a target sees it: from the frozen network, if the critic has one.
  void next_values(std::span<const float> states, std::span<float> out) {
    base::read_critic(states, out, true);
    restore(out);
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

  /// Learns from a batch; an empty one changes nothing. If a number in the batch is not finite
  /// nothing changes; if a loss or a gradient is not finite, that step and all later ones are
  /// left out. Both set `refused`. Draws from `g` only to shuffle.
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
    const running_moments before = moments_;
    prepare(batch);

    const std::size_t parts = (n + config_.minibatch - 1) / config_.minibatch;
    double seen = 0.0;
    for (std::size_t epoch = 0; epoch < config_.epochs && going(stats); ++epoch) {
      for (std::size_t i = n; i > 1; --i) {
        std::swap(order_[i - 1], order_[static_cast<std::size_t>(uniform_below(g, i))]);
      }
      for (std::size_t part = 0; part < parts && going(stats); ++part) {
        const std::size_t first = part * n / parts;
        const std::size_t rows = (part + 1) * n / parts - first;
        step(batch, std::span<const std::uint32_t>{order_}.subspan(first, rows), stats);
        seen += static_cast<double>(rows);
      }
    }
    stats.average(seen);
    if (stats.steps > 0) {
      critic_.end_cycle();
    } else {
      moments_ = before;  // targets that nothing was learned from do not change the scale either
    }
    return stats;
  }

  [[nodiscard]] const config& configuration() const noexcept { return config_; }
  /// Mean and deviation of the targets so far; only with `normalise_values`.
  [[nodiscard]] running_moments& target_moments() noexcept { return moments_; }

  /// Names in a checkpoint (nn/checkpoint.hpp) all that a resumed training needs, but for the
  /// generator, which is the caller's.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    base::add_networks(c, prefix);
    c.add(std::string{prefix} + "target_moments", moments_.state());
  }

 private:
  using base::actor_;
  using base::correction_;
  using base::critic_;
  using base::tape_;

  static bool going(const ppo_stats& s) noexcept { return !s.refused && !s.stopped_by_kl; }

  // Everything that is the same for all minibatches of one update.
  void prepare(const ppo_batch& b) {
    const std::size_t n = b.size();
    order_.resize(n);
    for (std::size_t i = 0; i < n; ++i) order_[i] = static_cast<std::uint32_t>(i);
    advantage_map_ = {};
    if (config_.normalise_advantages) {
      running_moments m;
      m.add(b.advantages);
      advantage_map_ = {.offset = m.mean(), .scale = 1.0 / (m.sd() + 1e-8)};
    }
    value_map_ = {};
    if (config_.normalise_values) {
      moments_.add(b.targets);
      value_map_ = {.offset = moments_.mean(), .scale = 1.0 / moments_.sd()};
    }
    const std::size_t rows = (std::min)(n, config_.minibatch);
    part_.reserve(rows, actor_.in(), critic_.in(), b.masks.empty() ? 0 : actor_.actions());
    ratios_.resize(rows);
  }

  // Forward, statistics, backward, clip, Adam for the samples `rows`.
  void step(const ppo_batch& b, std::span<const std::uint32_t> rows, ppo_stats& stats) {
    const std::size_t n = rows.size();
    part_.gather(b, rows, advantage_map_, value_map_);
    using T = value_type;
    tape_.reset();
    const var_type x = tape_.constant(part_.x);
    const var_type states =
        part_.states.data() == part_.x.data() ? x : tape_.constant(part_.states);
    const var_type log_probs = actor_.log_probs(tape_, x, part_.mask);
    const auto surrogate =
        clipped_surrogate(pick_columns(log_probs, part_.chosen), tape_.constant(part_.log_probs),
                          tape_.constant(part_.advantages), static_cast<T>(config_.clip));
    const var_type entropy = mean_entropy(log_probs);
    const var_type target = tape_.constant(part_.targets);
    const var_type off = critic_.loss(tape_, states, [&](var_type prediction) {
      const T delta = static_cast<T>(config_.huber_delta);
      if (config_.value_clip == 0.0) {
        return value_loss(prediction, target, config_.value_loss, delta);
      }
      return clipped_value_loss(prediction, target, tape_.constant(part_.old_values),
                                config_.value_loss, delta, static_cast<T>(config_.value_clip));
    });
    var_type total = surrogate.loss + entropy * static_cast<T>(-config_.entropy) + off;
    if constexpr (requires { correction_.penalised(tape_, total, x, part_.mask, log_probs); }) {
      total = correction_.penalised(tape_, total, x, part_.mask, log_probs);
    }

    const double weight = static_cast<double>(n);
    const double policy_loss = static_cast<double>(surrogate.loss.item());
    const double value_loss_now = static_cast<double>(off.item());
    const double entropy_now = static_cast<double>(entropy.item());
    const double kl = note_ratios(surrogate.ratio, stats);
    stats.policy_loss += policy_loss * weight;
    stats.value_loss += value_loss_now * weight;
    stats.entropy += entropy_now * weight;
    if (!std::isfinite(policy_loss + value_loss_now + entropy_now)) {
      stats.refused = true;
      return;
    }
    if (config_.target_kl > 0.0 && kl > config_.target_kl) {
      stats.stopped_by_kl = true;
      return;
    }

    base::descend(total, config_.max_grad_norm, config_.decay, weight, stats);
  }

  // Adds clip fraction and KL of this minibatch to the sums; returns the mean KL.
  double note_ratios(var_type ratio, ppo_stats& stats) {
    const auto view = ratio.value();
    const std::span<value_type> r = std::span{ratios_}.first(view.size());
    actor_.store().backend().download(view, r);
    const ratio_spread s = spread_of(std::span<const value_type>{r}, config_.clip);
    stats.clip_fraction += s.clipped;
    stats.approx_kl += s.kl;
    return s.kl / static_cast<double>(r.size());
  }

  void restore(std::span<float> out) const {
    if (!config_.normalise_values) return;
    for (float& v : out) v = static_cast<float>(moments_.restored(static_cast<double>(v)));
  }

  config config_;
  running_moments moments_;
  std::vector<std::uint32_t> order_;
  std::vector<value_type> ratios_;
  detail::minibatch<value_type, backend_type> part_;
  detail::linear_map advantage_map_, value_map_;
};

}  // namespace muster::inline MUSTER_ABI::rl
