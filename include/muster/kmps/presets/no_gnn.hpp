// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/kmps/orchestration/orchestrators.hpp>
#include <muster/kmps/pipeline.hpp>
#include <muster/kmps/presets/whole.hpp>

namespace muster::inline MUSTER_ABI::kmps::presets {

/// Baseline 1 of KMPS Fig. 16: dual actors and critics, nodes without a graph. Against
/// `with_gpo`, one argument; both need frames, see `with_frames`.
using no_gnn = pipeline<slot::orchestrator<gpo_without_graph>>;
using with_gpo = pipeline<slot::orchestrator<gpo>>;

}  // namespace muster::inline MUSTER_ABI::kmps::presets
