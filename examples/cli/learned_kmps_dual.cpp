// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/whole.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_dual(const learner_setup& setup) {
  // Buffers change hands between episodes at a fixed point, so that a seed gives the same results.
  muster::kmps::presets::whole::config c;
  c.buffering.exchange = muster::rl::hand_over::one_thread;
  return std::make_unique<learned<muster::kmps::presets::whole>>(c, setup);
}

}  // namespace cli
