// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/env/mask.hpp>
#include <muster/kmps/pipeline.hpp>
#include <muster/kmps/shared_ddpg.hpp>
#include <muster/rl/deterministic_policy.hpp>

namespace muster::inline MUSTER_ABI::kmps::presets {

/// The DDPG baseline: a deterministic policy over scores, no filter of targets, no neighbours.
///
/// Source      KMPS IV-C.1; see presets/actor_critic.hpp for what the variants are for.
using ddpg = pipeline<slot::trainer<shared_ddpg>, slot::actor<rl::score_policy<>>,
                      slot::mask<env::no_neighbours<env::no_mask>>>;
using ddpg_filtered = pipeline<slot::trainer<shared_ddpg>, slot::actor<rl::score_policy<>>,
                               slot::mask<env::no_neighbours<env::resource_mask>>>;
using ddpg_cross =
    pipeline<slot::trainer<shared_ddpg>, slot::actor<rl::score_policy<>>, slot::mask<env::no_mask>>;
using ddpg_matched = pipeline<slot::trainer<shared_ddpg>, slot::actor<rl::score_policy<>>>;

}  // namespace muster::inline MUSTER_ABI::kmps::presets
