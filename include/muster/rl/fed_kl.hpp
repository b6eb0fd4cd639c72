// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include <muster/autodiff/tape.hpp>
#include <muster/core/contracts.hpp>
#include <muster/num/view.hpp>
#include <muster/rl/actor.hpp>
#include <muster/rl/policy_kl.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// FedKL: holds the behaviour of a client near the common policy while it trains alone.
///
/// Idea      federated/proximal.hpp holds parameters, of which many move without a policy changing
///           and some change it at once. This holds what the policy does, in the states that the
///           client sees.
/// Source    Z. Xie, S. Song: FedKL: Tackling data heterogeneity in federated reinforcement
///           learning by penalizing KL divergence, IEEE JSAC 2023, of which the idea was at hand
///           and not the full text. Chosen here: the common policy stands first, KL(common |
///           local), so that no action it takes dies out; the weight is fixed; and what holds one
///           update near the last is the learner's matter, as PPO's clip does.
/// Equation  h(w) = F(w) + weight · mean over the minibatch of KL(common(·|x) | local_w(·|x))
/// Use       as the correction of a learner, `rl::ppo<Actor, Critic, fed_kl<Actor>>`, its weight
///           in `ppo::config::correction`; `anchor` after each download. Before the first one it
///           does nothing, and the learner is the plain one bit for bit.
/// Cost      one more forward pass of the policy per minibatch; one more copy of its parameters.
///           Nothing for a checkpoint: whoever resumes a round downloads its model again.
template <class Actor = actor<>>
class fed_kl {
 public:
  using value_type = typename Actor::value_type;
  using tape_type = typename Actor::tape_type;
  using var_type = typename Actor::var_type;

  struct config {
    double weight = 0.1;  ///< loss per nat; >= 0
  };

  fed_kl() : fed_kl(config{}) {}
  explicit fed_kl(config c) : config_{c} {
    MUSTER_EXPECTS(c.weight >= 0.0 && std::isfinite(c.weight),
                   "muster: rl::fed_kl needs a finite weight >= 0; 0 switches it off");
  }

  /// What `policy` does now is the common behaviour; `shape` is what it was made from.
  void anchor(const typename Actor::config& shape, const Actor& policy) {
    if (!common_) common_.emplace(shape);
    common_->store().copy_values(policy.store());
  }

  /// Nothing is added to the gradients as such.
  template <class... Stores>
  void correct(Stores&...) const noexcept {}

  /// The loss of a minibatch and the penalty; `log_probs` are those of the local policy in
  /// `observations`.
  [[nodiscard]] var_type penalised(tape_type& tape, var_type loss, var_type observations,
                                   num::view<const std::uint8_t> mask, var_type log_probs) const {
    if (!common_) return loss;
    const var_type common = common_->log_probs(tape, observations, mask);
    return loss +
           mean_kl(stop_gradient(common), log_probs) * static_cast<value_type>(config_.weight);
  }

  [[nodiscard]] const config& configuration() const noexcept { return config_; }

 private:
  config config_;
  std::optional<Actor> common_;
};

}  // namespace muster::inline MUSTER_ABI::rl
