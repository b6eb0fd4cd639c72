// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/env/mask.hpp>
#include <muster/kmps/pipeline.hpp>
#include <muster/kmps/shared_actor_critic.hpp>

namespace muster::inline MUSTER_ABI::kmps::presets {

/// The AC baseline: actor-critic, no filter of targets, no neighbours.
///
/// Source      KMPS IV-C.1: "the single-agent AC and DDPG, due to the lack of a policy context
///             filtering mechanism", "restricted to local cluster resources".
/// Three       differences from `pipeline<>` at once: the algorithm, the filter, the neighbours.
///             The variants change one of them back, so that a gap can be attributed:
///             actor_critic -> ac_filtered is the filter, -> ac_cross the neighbours, both together
///             -> ac_matched, which differs from `pipeline<>` in the algorithm and its numbers.
/// Central     is a number, not a type: `central` below.
using actor_critic =
    pipeline<slot::trainer<shared_actor_critic>, slot::mask<env::no_neighbours<env::no_mask>>>;
using ac_filtered = pipeline<slot::trainer<shared_actor_critic>,
                             slot::mask<env::no_neighbours<env::resource_mask>>>;
using ac_cross = pipeline<slot::trainer<shared_actor_critic>, slot::mask<env::no_mask>>;
using ac_matched = pipeline<slot::trainer<shared_actor_critic>>;

/// One scheduler for all access points, which first hears how everybody is and then decides one
/// request after the other: KMPS Fig. 12. Works on the config of any pipeline.
template <class Config>
[[nodiscard]] Config central(Config c, duration aggregate = milliseconds(50),
                             duration per_decision = microseconds(500)) {
  c.environment.scheduling = {
      .central = true, .aggregate = aggregate, .per_decision = per_decision};
  return c;
}

}  // namespace muster::inline MUSTER_ABI::kmps::presets
