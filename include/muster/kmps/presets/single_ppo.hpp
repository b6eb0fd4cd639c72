// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/env/mask.hpp>
#include <muster/kmps/pipeline.hpp>
#include <muster/kmps/single_ppo.hpp>

namespace muster::inline MUSTER_ABI::kmps::presets {

/// Baseline 3 of KMPS Fig. 7: plain PPO of a single agent, one buffer, no neighbours.
///
/// The critic reads what the actor reads, and targets are those of the own cluster and the cloud.
/// One buffer is the default of `pipeline<>`. `ppo_cross` has the neighbours back.
using single_ppo = pipeline<slot::trainer<kmps::single_ppo>, slot::mask<env::no_neighbours<>>>;
using ppo_cross = pipeline<slot::trainer<kmps::single_ppo>>;

}  // namespace muster::inline MUSTER_ABI::kmps::presets
