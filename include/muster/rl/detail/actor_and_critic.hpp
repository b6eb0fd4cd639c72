// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <muster/core/contracts.hpp>
#include <muster/core/part.hpp>
#include <muster/core/rng.hpp>
#include <muster/nn/init.hpp>
#include <muster/nn/optim/adam.hpp>
#include <muster/nn/optim/clip_norm.hpp>
#include <muster/nn/optim/staircase.hpp>
#include <muster/rl/critic.hpp>
#include <muster/rl/detail/critic_values.hpp>
#include <muster/rl/gradient_correction.hpp>
#include <muster/rl/ppo_stats.hpp>
#include <muster/rl/rollout.hpp>

namespace muster::inline MUSTER_ABI::rl::detail {

/// What learners with an actor and a critic of their own have in common: the two networks, an Adam
/// for each, one tape for both, and the step that ends every minibatch.
template <class Actor, critic_strategy Critic, class Correction = no_correction>
class actor_and_critic {
 public:
  using actor_type = Actor;
  using critic_type = Critic;
  using correction_type = Correction;
  using value_type = typename Actor::value_type;
  using backend_type = typename Actor::backend_type;
  using tape_type = typename Actor::tape_type;
  using var_type = typename Actor::var_type;
  using optimiser_type = nn::adam<value_type, backend_type>;

  static_assert(std::is_same_v<tape_type, typename Critic::tape_type>,
                "muster: rl learners train actor and critic on one tape; give both networks the "
                "same number type and backend");

  [[nodiscard]] Actor& policy() noexcept { return actor_; }
  [[nodiscard]] const Actor& policy() const noexcept { return actor_; }
  [[nodiscard]] Critic& critic() noexcept { return critic_; }
  [[nodiscard]] const Critic& critic() const noexcept { return critic_; }
  [[nodiscard]] optimiser_type& actor_optimiser() noexcept { return actor_optimiser_; }
  [[nodiscard]] optimiser_type& critic_optimiser() noexcept { return critic_optimiser_; }
  /// What changes the gradients before each step; assign to it to set it up.
  [[nodiscard]] Correction& correction() noexcept { return correction_; }
  [[nodiscard]] const Correction& correction() const noexcept { return correction_; }

 protected:
  /// Any config with actor, critic, actor_rate, critic_rate and adam_epsilon; what it has for a
  /// correction goes there. Orthogonal initial values with gains sqrt(2) (hidden), 0.01 (policy)
  /// and 1 (value), drawn from `g`.
  template <class Config>
  actor_and_critic(const Config& c, rng& g)
      : actor_{c.actor},
        critic_{c.critic},
        actor_optimiser_{actor_.store(), {.rate = c.actor_rate, .epsilon = c.adam_epsilon}},
        critic_optimiser_{critic_.store(), {.rate = c.critic_rate, .epsilon = c.adam_epsilon}},
        correction_{corrected(c)} {
    actor_.initialise(nn::orthogonal{}, nn::orthogonal{0.01}, g);
    critic_.initialise(nn::orthogonal{}, nn::orthogonal{1.0}, g);
  }

  /// The critic on each row of `states` into `out`; the frozen one, if asked and if there is one.
  void read_critic(std::span<const float> states, std::span<float> out, bool frozen) {
    reader_(critic_.store().backend(), states, critic_.in(), critic_.workspace_size(out.size()),
            out, [&](auto x, auto y, auto w) {
              if (frozen) {
                critic_.next_values(x, y, w);
              } else {
                critic_.values(x, y, w);
              }
            });
  }

  template <class Checkpoint>
  void add_networks(Checkpoint& c, std::string_view prefix) {
    const std::string p{prefix};
    actor_.add_to(c, p);
    critic_.add_to(c, p);
    c.add(p + "actor_adam", actor_.store(), actor_optimiser_);
    c.add(p + "critic_adam", critic_.store(), critic_optimiser_);
  }

  void check([[maybe_unused]] const ppo_batch& b) const {
    [[maybe_unused]] const std::size_t n = b.size();
    MUSTER_EXPECTS(b.observations.size() == n * actor_.in() &&
                       b.critic_observations.size() == n * critic_.in(),
                   "muster: rl: update got observations of another width; compare the networks' "
                   "`in` with the batch");
    MUSTER_EXPECTS(b.masks.empty() || b.masks.size() == n * actor_.actions(),
                   "muster: rl: update needs masks [n, actions]; or none");
    MUSTER_EXPECTS(b.log_probs.size() == n && b.advantages.size() == n && b.targets.size() == n &&
                       b.values.size() == n,
                   "muster: rl: update needs one entry per action in every column");
    MUSTER_EXPECTS(n < (std::numeric_limits<std::uint32_t>::max)(),
                   "muster: rl: update numbers samples with 32 bits; split the batch");
  }

  /// Backward, correct, clip, Adam for a loss of both networks over `weight` samples; norms go
  /// into `stats`. A gradient that is not finite is refused, and no step is taken.
  void descend(var_type loss, double max_grad_norm, const nn::staircase& decay, double weight,
               ppo_stats& stats) {
    actor_.store().zero_grads();
    critic_.store().zero_grads();
    tape_.backward(loss);
    correction_.correct(actor_.store(), critic_.store());
    const double limit = max_grad_norm > 0.0 ? max_grad_norm : (std::numeric_limits<double>::max)();
    const auto a = nn::clip_norm(actor_.store(), limit);
    const auto c = nn::clip_norm(critic_.store(), limit);
    stats.actor_gradient_norm += a.norm * weight;
    stats.critic_gradient_norm += c.norm * weight;
    if (!a.finite || !c.finite) {
      stats.refused = true;
      return;
    }
    const double rate = decay(actor_optimiser_.steps());
    actor_optimiser_.step(actor_.store(), rate, a.scale);
    critic_optimiser_.step(critic_.store(), rate, c.scale);
    ++stats.steps;
  }

  Actor actor_;
  Critic critic_;
  optimiser_type actor_optimiser_, critic_optimiser_;
  tape_type tape_;
  [[no_unique_address]] Correction correction_;

 private:
  template <class Config>
  static Correction corrected(const Config& c) {
    if constexpr (requires { c.correction; }) {
      return make_part<Correction>(c.correction);
    } else {
      return {};
    }
  }

  critic_values<value_type, backend_type> reader_;
};

}  // namespace muster::inline MUSTER_ABI::rl::detail
