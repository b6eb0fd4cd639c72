// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/dqn.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_dqn(const learner_setup& setup) {
  return std::make_unique<learned<muster::kmps::presets::dqn>>(setup);
}

}  // namespace cli
