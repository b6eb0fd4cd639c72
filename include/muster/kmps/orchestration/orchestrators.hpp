// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/kmps/orchestration/gpo.hpp>
#include <muster/kmps/orchestration/joint.hpp>

/// The orchestrators of the paper's figures: one template argument apart from each other.
namespace muster::inline MUSTER_ABI::kmps {

/// GPO: graph encoder, two actors and two critics, PPO, paid for requests answered on time.
using gpo = basic_gpo<nn::graph_encoder<>, two_step<>, clipped_surrogate, frame_throughput,
                      frame_throughput>;

/// The same, paid as in the paper.
using gpo_as_printed =
    basic_gpo<nn::graph_encoder<>, two_step<>, clipped_surrogate, completed_gain, demand_growth>;

/// Fig. 16, baseline 1: nodes without a graph.
using gpo_without_graph =
    basic_gpo<node_projection<>, two_step<>, clipped_surrogate, frame_throughput, frame_throughput>;

/// Fig. 16, baseline 2: one actor over all pairs of node and change, one critic.
using gpo_joint =
    basic_gpo<nn::graph_encoder<>, joint<>, clipped_surrogate, frame_throughput, frame_throughput>;

/// KaiS's GPG: the same encoder and steps, learning by policy gradient.
using gpg =
    basic_gpo<nn::graph_encoder<>, two_step<>, return_gradient, frame_throughput, frame_throughput>;

/// Fig. 17: PPO and advantage actor-critic without a graph, one actor and one critic.
using plain_ppo =
    basic_gpo<node_projection<>, joint<>, clipped_surrogate, frame_throughput, frame_throughput>;
using plain_actor_critic =
    basic_gpo<node_projection<>, joint<>, advantage_gradient, frame_throughput, frame_throughput>;

}  // namespace muster::inline MUSTER_ABI::kmps
