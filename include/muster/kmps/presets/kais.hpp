// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/env/mask.hpp>
#include <muster/env/reschedule.hpp>
#include <muster/kmps/baselines/kais_reward.hpp>
#include <muster/kmps/orchestration/orchestrators.hpp>
#include <muster/kmps/pipeline.hpp>
#include <muster/kmps/shared_actor_critic.hpp>
#include <muster/queue/discount.hpp>
#include <muster/rl/heads.hpp>

namespace muster::inline MUSTER_ABI::kmps::presets {

/// KaiS: coordinated multi-agent actor-critic for dispatch, a graph policy gradient for replicas,
/// a discount in the queues, two time scales.
///
/// Source      Y. Han, S. Shen, X. Wang, S. Wang, V. Leung: Tailored learning-based scheduling for
///             Kubernetes-oriented edge-cloud system, INFOCOM 2021, and its program; as a
///             baseline KMPS IV-C.5.
/// Dispatch    one actor on what each access point sees, one critic on the whole system, rewards
///             shared by all, one-step advantages, each sample used once; ReLU + 1 outputs times
///             the mask of targets with the service and room (the policy context filter).
/// Replicas    `gpg`: the graph encoder, node then service, REINFORCE with a baseline.
/// Queues      queue::discount, in access points and at targets; there is no long slot.
/// Neighbours  none: KMPS counts the lack of cross-cluster scheduling as a property of KaiS.
///             `kais_cross` has them back, one argument.
/// Not KaiS's  the world: clusters, latencies, slots and the drawing of all waiting requests are
///             those of `pipeline<>`, so that the algorithms are compared and not their simulators
///             (there: 2 x 3 nodes, slots of 0.5 s, one request per access point and slot, cores
///             that are never given back).
template <class Mask>
using kais_with_mask =
    pipeline<slot::dequeue<queue::discount>, slot::node_dequeue<queue::discount>, slot::mask<Mask>,
             slot::rescheduler<env::stay_put>, slot::actor<rl::actor<nn::mlp<>, rl::relu1_l1_head>>,
             slot::reward<kais_reward>, slot::trainer<shared_actor_critic>,
             slot::orchestrator<gpg>>;
using kais = kais_with_mask<env::no_neighbours<>>;
using kais_cross = kais_with_mask<env::resource_mask>;

/// KaiS's numbers: gamma 0.9, networks 128-64-32, one-step advantages; frames of 25 s as in KMPS.
/// Ours are minibatches of 256 and a learning rate of 1e-4: with KaiS's 1e-3 it answers up to 8
/// points less after short trainings, and as much after long ones.
template <class Pipeline = kais>
[[nodiscard]] typename Pipeline::config kais_config() {
  typename Pipeline::config c;
  c.environment.frame = seconds(25);
  c.environment.long_slot = {};
  c.actor.hidden = {128, 64, 32};
  c.critic.hidden = {128, 64, 32};
  c.advantage.lambda = 0.0;
  c.reward.gamma = 0.9;
  c.trainer.gamma = 0.9;
  c.trainer.minibatch = 256;
  c.trainer.actor_rate = 1e-4;
  c.trainer.critic_rate = 1e-4;
  c.trainer.decay = 1.0;
  return c;
}

}  // namespace muster::inline MUSTER_ABI::kmps::presets
