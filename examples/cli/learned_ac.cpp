// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/actor_critic.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_ac(const learner_setup& setup) {
  return std::make_unique<learned<muster::kmps::presets::actor_critic>>(setup);
}

}  // namespace cli
