// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/env/mask.hpp>
#include <muster/kmps/pipeline.hpp>
#include <muster/kmps/shared_dqn.hpp>
#include <muster/rl/dqn.hpp>

namespace muster::inline MUSTER_ABI::kmps::presets {

/// Deep Q-learning, cited by KMPS among the central methods: no filter of targets, no neighbours;
/// and the variant that differs from `pipeline<>` in the algorithm alone.
using dqn = pipeline<slot::trainer<shared_dqn>, slot::actor<rl::q_policy<>>,
                     slot::mask<env::no_neighbours<env::no_mask>>>;
using dqn_matched = pipeline<slot::trainer<shared_dqn>, slot::actor<rl::q_policy<>>>;

}  // namespace muster::inline MUSTER_ABI::kmps::presets
