// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/joint_actor.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_joint_actor(const learner_setup& setup) {
  return std::make_unique<learned<muster::kmps::presets::joint_actor>>(setup);
}

}  // namespace cli
