// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/kmps/orchestration/orchestrators.hpp>
#include <muster/kmps/pipeline.hpp>
#include <muster/kmps/presets/whole.hpp>

namespace muster::inline MUSTER_ABI::kmps::presets {

/// Baseline 2 of KMPS Fig. 16: one actor over all pairs of node and change. Against `with_gpo`
/// (presets/no_gnn.hpp), one argument; needs frames, see `with_frames`.
using joint_actor = pipeline<slot::orchestrator<gpo_joint>>;

}  // namespace muster::inline MUSTER_ABI::kmps::presets
