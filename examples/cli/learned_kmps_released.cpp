// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/released.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_released(const learner_setup& setup) {
  auto c = muster::kmps::presets::released_config();
  c.buffering.exchange = muster::rl::hand_over::one_thread;
  return std::make_unique<learned<muster::kmps::presets::released>>(c, setup);
}

}  // namespace cli
