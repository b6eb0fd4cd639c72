// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/env/reschedule.hpp>
#include <muster/kmps/pipeline.hpp>

namespace muster::inline MUSTER_ABI::kmps::presets {

/// Slots and frames, but no long slots: the baseline of KMPS Fig. 13.
///
/// The type says that nothing urgent is moved. That nothing urgent is lifted in its queue either is
/// a number, `long_slot` = never, which `two_scale_config` sets.
using two_scale = pipeline<slot::rescheduler<env::stay_put>>;

[[nodiscard]] inline two_scale::config two_scale_config() {
  two_scale::config c;
  c.environment.long_slot = {};
  return c;
}

}  // namespace muster::inline MUSTER_ABI::kmps::presets
