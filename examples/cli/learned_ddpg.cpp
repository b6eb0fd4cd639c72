// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/ddpg.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_ddpg(const learner_setup& setup) {
  return std::make_unique<learned<muster::kmps::presets::ddpg>>(setup);
}

}  // namespace cli
