// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/single_ppo.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_ppo(const learner_setup& setup) {
  return std::make_unique<learned<muster::kmps::presets::single_ppo>>(setup);
}

}  // namespace cli
