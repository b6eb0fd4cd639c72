// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/env/mask.hpp>
#include <muster/kmps/dual_buffer.hpp>
#include <muster/kmps/pipeline.hpp>

namespace muster::inline MUSTER_ABI::kmps::presets {

/// `pipeline<>` without the neighbours: own cluster and cloud only.
using no_cross_cluster = pipeline<slot::mask<env::no_neighbours<>>>;

/// The four of KMPS Fig. 7 are these two, `pipeline<>` (baseline 2: one buffer, with neighbours)
/// and presets::single_ppo (baseline 3).
using dual_buffered = pipeline<slot::buffering<dual_buffer>>;  ///< the experimental group
using dual_buffered_no_cross_cluster =
    pipeline<slot::buffering<dual_buffer>, slot::mask<env::no_neighbours<>>>;  ///< baseline 1

}  // namespace muster::inline MUSTER_ABI::kmps::presets
