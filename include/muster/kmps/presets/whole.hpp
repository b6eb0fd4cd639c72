// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/kmps/dual_buffer.hpp>
#include <muster/kmps/orchestration/orchestrators.hpp>
#include <muster/kmps/pipeline.hpp>

namespace muster::inline MUSTER_ABI::kmps::presets {

/// All of KMPS: dispatch, urgent requests, orchestration by GPO, two buffers.
using whole = pipeline<slot::orchestrator<gpo>, slot::buffering<dual_buffer>>;

/// A config with frames of the paper's length, for pipelines that orchestrate.
template <class Pipeline>
[[nodiscard]] typename Pipeline::config with_frames(duration frame = seconds(25)) {
  typename Pipeline::config c;
  c.environment.frame = frame;
  return c;
}

}  // namespace muster::inline MUSTER_ABI::kmps::presets
