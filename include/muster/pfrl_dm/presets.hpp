// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <muster/federated/aggregators/weighted_mean.hpp>
#include <muster/federated/rounds/everyone.hpp>
#include <muster/federated/similarity/literal_attention.hpp>
#include <muster/pfrl_dm/immediate_reward.hpp>
#include <muster/pfrl_dm/pipeline.hpp>
#include <muster/rl/critic.hpp>
#include <muster/rl/fed_kl.hpp>

namespace muster::inline MUSTER_ABI::pfrl_dm {

/// A policy and one critic, trained by PPO: what is compared with two critics.
using single_critic_ppo = rl::ppo<rl::actor<network>, rl::single_critic<network>>;

/// PFRL-DM as printed, where the paper can be taken at its word: rewards for value targets (eqs. 16
/// and 17), the second case of eq. 8, and attention with projections of its own for queries and
/// keys, on the numbers of the models as they are.
using faithful = pipeline<
    slot::environment<env::cloud_vm<env::response_balance_reward<env::balance_change_literal>>>,
    slot::advantage<immediate_reward>,
    slot::aggregator<federated::attention_aggregator<federated::literal_attention>>>;

/// FedAvg: policy and critic of all clients become one (PFRL-DM, section 5.1).
using fed_avg =
    pipeline<slot::learner<single_critic_ppo>, slot::exchange<actor_and_critic>,
             slot::aggregator<federated::weighted_mean>, slot::round_rule<federated::everyone>>;

/// FedKL: the same, and while a client trains alone, its policy is held near the common one.
using fed_kl =
    pipeline<slot::learner<rl::ppo<rl::actor<network>, rl::single_critic<network>,
                                   rl::fed_kl<rl::actor<network>>>>,
             slot::exchange<anchored<actor_and_critic>>, slot::aggregator<federated::weighted_mean>,
             slot::round_rule<federated::everyone>>;

/// The same learners with the federation switched off.
using independent_ppo = pipeline<slot::learner<single_critic_ppo>, slot::exchange<nothing>>;

/// The numbers of PFRL-DM, sections 3.1 and 5, for any of these: one hidden layer of 64, rates of
/// 3e-4 and 1e-4, clip 0.2, gamma 0.99, rounds of 25 episodes, K of N.
/// Chosen    what the paper leaves open: 4 epochs of minibatches of 256 per episode, GAE with
///           lambda 0.8, critics that learn targets of mean 0 and deviation 1, and a
///           temperature of 0.5 for the attention, whose default leaves others almost nothing here.
template <class Pipeline>
[[nodiscard]] typename Pipeline::config paper_config(std::uint64_t seed, std::size_t clients) {
  typename Pipeline::config c;
  c.seed = seed;
  auto& l = c.client.learner;
  l.actor.network.hidden = {64};
  l.critic.network.hidden = {64};
  l.actor_rate = 3e-4;
  l.critic_rate = 1e-4;
  if constexpr (requires { l.clip; }) {
    l.clip = 0.2;
    l.value_loss = rl::value_loss_kind::mse;
    l.normalise_values = true;
  }
  c.client.discount = 0.99;
  if constexpr (requires { c.client.advantage.lambda; }) c.client.advantage.lambda = 0.8;
  c.client.episodes = 25;
  if constexpr (requires { c.aggregator.similarity.key_width, c.aggregator.similarity.of; }) {
    c.aggregator.similarity.temperature = 0.5;
  }
  if constexpr (std::is_same_v<typename Pipeline::rule_type, federated::first_k>) {
    c.rule = federated::first_k{{(clients + 1) / 2}};
  }
  return c;
}

}  // namespace muster::inline MUSTER_ABI::pfrl_dm
