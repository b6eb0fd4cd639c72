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
#include <muster/nn/optim/clip_norm.hpp>
#include <muster/nn/optim/staircase.hpp>
#include <muster/rl/actor.hpp>
#include <muster/rl/critic.hpp>
#include <muster/rl/detail/actor_and_critic.hpp>
#include <muster/rl/detail/minibatch.hpp>
#include <muster/rl/importance_weight.hpp>
#include <muster/rl/ppo_loss.hpp>
#include <muster/rl/ppo_stats.hpp>
#include <muster/rl/rollout.hpp>
#include <muster/rl/running_moments.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// What is done with the direction: a step of its length times the rate, as printed, or a step of
/// Adam against minus the direction, as in the authors' program.
enum class momentum_step : std::uint8_t { plain, adam };

/// What an update did. Of `ppo_stats`: policy_loss is -sum(A ln p) per sample, steps those of the
/// actor; what is about ratios is in `weights`.
struct momentum_stats : ppo_stats {
  weight_summary weights;  ///< of the policy before on the data of this one
};

/// Policy gradient with recursive momentum: the local learner of MFPO.
///
/// Idea      the direction of the last step is corrected, not forgotten: the same new data say how
///           the gradient changed from the policy before to this one, and the noise that both
///           gradients share cancels. Data of this policy speak for the one before by a weight.
/// Source    S. Yue, X. Hua, L. Chen, J. Ren: Momentum-based federated reinforcement learning with
///           interaction and communication efficiency, INFOCOM 2024 (arXiv 2405.17471), eq. 3;
///           before it F. Huang, S. Gao, J. Pei, H. Huang: Momentum-based policy gradient methods,
///           ICML 2020 (IS-MBPG), and A. Cutkosky, F. Orabona: STORM, NeurIPS 2019.
/// Equation  u_t = (1 - a)(u_{t-1} - mean_j w_j g(theta_{t-1}; tau_j)) + mean_j g(theta_t; tau_j)
///           theta_{t+1} = theta_t + alpha u_t               (uphill: u estimates + dJ/dtheta)
///           g(theta; tau) = sum_h d (A_h ln pi_theta(a_h | s_h) + beta H_theta(s_h)) / d theta
///           w = p(tau | theta_{t-1}) / p(tau | theta_t) = product of the ratios of the policies
///           a = c alpha^2 with the alpha of the step before; u_0 = mean g(theta_0)
/// Symbols   tau_j = the trajectories of the batch, drawn with theta_t; A = advantages, the same
///           numbers in both gradients; H = entropy of the policy, beta = `entropy`; alpha =
///           actor_rate decay(t); c = forget / actor_rate^2, so that `forget` is a before any decay
/// Limits    a = 1: the plain policy gradient (REINFORCE). a = 0: nothing is ever forgotten.
/// Reading   equation 3 and a = c alpha^2 are the source's, read in a summary of it that prints
///           them; A (returns, or with a critic what any estimator gives), `max_weight` and
///           `entropy` (0 as printed) are ours. The authors' program differs from equation 3:
///           weights and means per decision, normalised advantages, Adam. That is `each_decision`,
///           `normalise_advantages` and `momentum_step::adam` here. Its numbers: c 3 and rates
///           1e-4, so `forget` 3e-8; Adam's epsilon 1e-5, gamma 0.99, 20 trajectories per update,
///           10 to 20 updates per round, 10 clients. So small an a never forgets a bad batch or the
///           first one: at larger rates most runs on the pole fail with it, where 0.3 learns.
/// Use       as `ppo`: `policy().decide` and `value` while collecting, `update` on each batch, data
///           of which must come from the policy as it is. In a federation [theta | u] travels:
///           `policy().store()` and `momentum()`; see `resume`.
/// Cost      two passes forward and back through the actor per decision and one forward; nothing
///           allocates once a batch of that size went through.
/// Trouble   weights.largest above 10 or weights.mean far from 1: take smaller steps.
///           A policy that gets worse and stays so: old errors stay in u; raise `forget`.
///           A policy that is sure of a bad action: it sees no other, so nothing corrects it; raise
///           `entropy`.
template <class Actor = actor<>, critic_strategy Critic = single_critic<>,
          class Sample = whole_trajectory>
class momentum_policy_gradient : public detail::actor_and_critic<Actor, Critic> {
  using base = detail::actor_and_critic<Actor, Critic>;

 public:
  using typename base::backend_type;
  using typename base::tape_type;
  using typename base::value_type;
  using typename base::var_type;
  using store_type = typename Actor::store_type;

  struct config {
    typename Actor::config actor{};
    typename Critic::config critic{};
    double actor_rate = 3e-3;  ///< alpha; > 0
    double forget = 0.3;       ///< a at the full rate; [0, 1]
    momentum_step step = momentum_step::plain;
    double max_weight = 10.0;  ///< cap of the weights, which biases them down; 0 = no cap, exact
    double entropy = 0.0;      ///< beta, weight of the entropy, nats^-1; >= 0
    double max_norm = 0.0;     ///< limit of |u| within a step, u itself stays; 0 = no limit
    bool normalise_advantages = false;  ///< over the whole batch
    std::size_t critic_epochs = 1;      ///< passes of the critic; 0 = no baseline, values are 0
    double critic_rate = 1e-3;          ///< of its Adam; > 0
    bool normalise_values = false;      ///< the critic learns targets of mean 0 and sd 1
    double adam_epsilon = 1e-8;         ///< > 0
    std::size_t block = 1024;           ///< rows in one pass, and per step of the critic; >= 1
    nn::staircase decay{.rate = 1.0, .decay = 1.0, .every = 1000};  ///< of both rates, in updates
  };

  /// Initial values as `ppo` has them, drawn from `g`.
  momentum_policy_gradient(const config& c, rng& g)
      : base{c, g}, config_{c}, previous_{c.actor}, direction_{c.actor} {
    MUSTER_EXPECTS(c.actor_rate > 0.0 && c.forget >= 0.0 && c.forget <= 1.0 && c.max_norm >= 0.0 &&
                       c.entropy >= 0.0,
                   "muster: rl::momentum_policy_gradient needs actor_rate > 0, forget in [0, 1], "
                   "entropy and max_norm >= 0");
    MUSTER_EXPECTS((c.max_weight == 0.0 || c.max_weight >= 1.0) && c.block > 0,
                   "muster: rl::momentum_policy_gradient needs max_weight >= 1, or 0 for no cap, "
                   "and a block of at least one row");
  }

  /// V of each row of `states` [n, critic().in()] into `out` [n]; 0 without a baseline.
  void values(std::span<const float> states, std::span<float> out) { read(states, out, false); }
  /// The same as a target sees it: from the frozen network, if the critic has one.
  void next_values(std::span<const float> states, std::span<float> out) { read(states, out, true); }
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

  /// Learns from whole trajectories of the policy as it is; an empty batch changes nothing. The
  /// generator is not touched. If something is not finite, no step is taken and `refused` is set.
  momentum_stats update(const ppo_batch& batch, rng&) {
    base::check(batch);
    momentum_stats stats;
    const std::size_t n = batch.size();
    if (n == 0) return stats;
    MUSTER_EXPECTS(batch.next.size() == n,
                   "muster: rl::momentum_policy_gradient follows trajectories by batch.next; "
                   "collect with rl::rollout");
    if (!detail::all_finite(batch)) {
      stats.refused = true;
      return stats;
    }
    stats.explained_variance = detail::explained_variance(batch);
    prepare(batch);
    if (started_ != 0) weigh(batch, stats);
    if (!stats.refused) differentiate(batch, stats);
    if (!stats.refused) ascend(stats);
    if (!stats.refused && config_.critic_epochs > 0) fit_critic(batch, stats);
    return stats;
  }

  /// u, as the values of a store laid out like that of the policy; 0 before the first update.
  [[nodiscard]] store_type& momentum() noexcept { return direction_.store(); }
  [[nodiscard]] const store_type& momentum() const noexcept { return direction_.store(); }
  /// theta_{t-1}, at which u is an estimate of the gradient.
  [[nodiscard]] const store_type& previous() const noexcept { return previous_.store(); }

  /// The next update starts afresh with u = g: for a policy that came without a momentum.
  void forget() noexcept { started_ = 0; }
  /// Goes on from what a server wrote into `policy().store()` and `momentum()`: the average of the
  /// clients, moved by `server_rate` u (federated/aggregators/mfpo_server.hpp). u was found one
  /// local step earlier, so theta_{t-1} becomes theta - (server_rate + alpha) u, exactly the
  /// average of the clients' theta_{t-1} if all take plain steps of one rate. Without this call it
  /// stays this client's own, which many local steps have led far from the server's policy.
  void resume(double server_rate) {
    MUSTER_EXPECTS(std::isfinite(server_rate) && server_rate >= 0.0,
                   "muster: rl::momentum_policy_gradient::resume takes the server's rate; finite "
                   "and >= 0");
    const double local = config_.step == momentum_step::plain ? last_rate() : 0.0;
    store_type& before = previous_.store();
    before.copy_values(actor_.store());
    before.backend().axpy(static_cast<value_type>(-server_rate - local), momentum().values(),
                          before.values());
    started_ = 1;
  }

  [[nodiscard]] const config& configuration() const noexcept { return config_; }
  /// Mean and deviation of the targets so far; only with `normalise_values`.
  [[nodiscard]] running_moments& target_moments() noexcept { return moments_; }

  /// Names in a checkpoint (nn/checkpoint.hpp) all that a resumed training needs.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    const std::string p{prefix};
    base::add_networks(c, p);
    c.add(previous_.store(), p + "previous/");
    c.add(direction_.store(), p + "momentum/");
    c.add(p + "momentum/updates", updates_);
    c.add(p + "momentum/started", started_);
    c.add(p + "target_moments", moments_.state());
  }

 private:
  using base::actor_;
  using base::critic_;
  using base::tape_;
  static constexpr double unlimited = (std::numeric_limits<double>::max)();

  void read(std::span<const float> states, std::span<float> out, bool frozen) {
    if (config_.critic_epochs == 0) {
      std::fill(out.begin(), out.end(), 0.0F);
    } else {
      base::read_critic(states, out, frozen);
      if (!config_.normalise_values) return;
      for (float& v : out) v = static_cast<float>(moments_.restored(static_cast<double>(v)));
    }
  }

  void prepare(const ppo_batch& b) {
    const std::size_t n = b.size();
    order_.resize(n);
    for (std::size_t i = 0; i < n; ++i) order_[i] = static_cast<std::uint32_t>(i);
    part_.reserve((std::min)(n, config_.block), actor_.in(), critic_.in(),
                  b.masks.empty() ? 0 : actor_.actions());
    weights_.begin(b.next);
    now_.resize(n);
    before_.resize(n);
    share_.assign(n, 1.0F);
    detail::linear_map advantage;
    if (config_.normalise_advantages) {
      running_moments m;
      m.add(b.advantages);
      advantage = {.offset = m.mean(), .scale = 1.0 / (m.sd() + 1e-8)};
    }
    const double share = 1.0 / static_cast<double>(weights_.size());
    for (std::size_t i = 0; i < n; ++i) {
      const double a = (static_cast<double>(b.advantages[i]) - advantage.offset) * advantage.scale;
      now_[i] = static_cast<float>(a * share);
    }
  }

  // What each decision counts in the gradient at theta_{t-1}: w A / samples into before_, and its
  // entropy: w / samples into share_.
  void weigh(const ppo_batch& b, momentum_stats& stats) {
    stats.weights = weights_.measure(previous_, b, config_.block, config_.max_weight);
    for (std::size_t i = 0; i < b.size(); ++i) {
      before_[i] = static_cast<float>(static_cast<double>(now_[i]) * weights_[i]);
      share_[i] = static_cast<float>(weights_[i] / static_cast<double>(weights_.size()));
      if (!std::isfinite(before_[i]) || !std::isfinite(share_[i])) stats.refused = true;
    }
  }

  // -g(theta_t) into the gradients of the policy, -w g(theta_{t-1}) into those of the one before.
  void differentiate(const ppo_batch& b, momentum_stats& stats) {
    actor_.store().zero_grads();
    previous_.store().zero_grads();
    ppo_batch columns = b;  // gathered under other names: the factors of both gradients
    columns.advantages = now_;
    columns.log_probs = started_ != 0 ? before_ : now_;
    columns.values = share_;
    const value_type beta = static_cast<value_type>(config_.entropy);
    const value_type share = static_cast<value_type>(1.0 / static_cast<double>(weights_.size()));
    for_each_block(columns, {}, [&](std::size_t) {
      const var_type x = tape_.constant(part_.x);
      const var_type log_probs = actor_.log_probs(tape_, x, part_.mask);
      const var_type loss =
          -sum(pick_columns(log_probs, part_.chosen) * tape_.constant(part_.advantages));
      const var_type disorder = -sum(exp(log_probs) * log_probs);
      stats.policy_loss += static_cast<double>(loss.item());
      stats.entropy += static_cast<double>(disorder.item()) / static_cast<double>(b.size());
      var_type total = loss - disorder * (beta * share);
      if (started_ != 0) {
        const var_type old = previous_.log_probs(tape_, x, part_.mask);
        total = total - sum(pick_columns(old, part_.chosen) * tape_.constant(part_.log_probs));
        if (beta > 0) {
          total = total + sum(exp(old) * old * tape_.constant(part_.old_values)) * beta;
        }
      }
      tape_.backward(total);
    });
    const auto now = nn::clip_norm(actor_.store(), unlimited);
    const auto before = nn::clip_norm(previous_.store(), unlimited);
    stats.actor_gradient_norm = now.norm;
    stats.refused = !now.finite || !before.finite;
  }

  // alpha of the last step.
  [[nodiscard]] double last_rate() const {
    return config_.actor_rate * config_.decay(updates_ > 0 ? updates_ - 1 : 0);
  }

  // Renews u, remembers theta_t, steps to theta_{t+1}.
  void ascend(momentum_stats& stats) {
    store_type& policy = actor_.store();
    const backend_type& backend = policy.backend();
    const auto u = direction_.store().values();
    const double slowed = last_rate() / config_.actor_rate;
    const double forgotten = config_.forget * slowed * slowed;
    if (started_ != 0) backend.axpy(value_type(1), previous_.store().grads(), u);
    backend.scale(u, static_cast<value_type>(started_ != 0 ? 1.0 - forgotten : 0.0));
    backend.axpy(value_type(-1), policy.grads(), u);
    backend.copy(u, policy.grads());
    backend.scale(policy.grads(), value_type(-1));  // downhill, as optimisers have it
    const auto length =
        nn::clip_norm(policy, config_.max_norm > 0.0 ? config_.max_norm : unlimited);
    if (!length.finite) {
      backend.fill(u, value_type(0));
      started_ = 0;
      stats.refused = true;
      return;
    }
    previous_.store().copy_values(policy);
    const double decay = config_.decay(updates_);
    if (config_.step == momentum_step::adam) {
      base::actor_optimiser().step(policy, decay, length.scale);
    } else {
      backend.axpy(static_cast<value_type>(config_.actor_rate * decay * length.scale), u,
                   policy.values());
    }
    started_ = 1;
    ++updates_;
    ++stats.steps;
  }

  void fit_critic(const ppo_batch& b, momentum_stats& stats) {
    detail::linear_map units;
    if (config_.normalise_values) {
      moments_.add(b.targets);
      units = {.offset = moments_.mean(), .scale = 1.0 / moments_.sd()};
    }
    auto& store = critic_.store();
    const double share = 1.0 / static_cast<double>(b.size() * config_.critic_epochs);
    for (std::size_t epoch = 0; epoch < config_.critic_epochs; ++epoch) {
      for_each_block(b, units, [&](std::size_t rows) {
        const var_type target = tape_.constant(part_.targets);
        const var_type off =
            critic_.loss(tape_, tape_.constant(part_.states), [&](var_type prediction) {
              return value_loss(prediction, target, value_loss_kind::mse, value_type(1));
            });
        store.zero_grads();
        tape_.backward(off);
        const auto gradient = nn::clip_norm(store, unlimited);
        stats.value_loss += static_cast<double>(off.item()) * static_cast<double>(rows) * share;
        stats.critic_gradient_norm += gradient.norm * static_cast<double>(rows) * share;
        if (gradient.finite && !stats.refused) {
          base::critic_optimiser().step(store, config_.decay(updates_ - 1));
        } else {
          stats.refused = true;
        }
      });
    }
    critic_.end_cycle();
  }

  template <class F>
  void for_each_block(const ppo_batch& b, detail::linear_map values, F&& f) {
    for (std::size_t first = 0; first < b.size(); first += config_.block) {
      const std::size_t rows = (std::min)(config_.block, b.size() - first);
      part_.gather(b, std::span<const std::uint32_t>{order_}.subspan(first, rows), {}, values);
      tape_.reset();
      f(rows);
    }
  }

  config config_;
  Actor previous_, direction_;  // theta_{t-1}; u in the place of parameters
  std::uint64_t updates_ = 0;
  std::uint64_t started_ = 0;  // whether u means something
  std::vector<std::uint32_t> order_;
  running_moments moments_;
  importance_weights<Sample> weights_;
  std::vector<float> now_, before_, share_;
  detail::minibatch<value_type, backend_type> part_;
};

}  // namespace muster::inline MUSTER_ABI::rl
