// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/kais.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kais_cross(const learner_setup& setup) {
  learner_setup without_pass = setup;
  without_pass.system.long_slot = {};
  return std::make_unique<learned<muster::kmps::presets::kais_cross>>(
      muster::kmps::presets::kais_config<muster::kmps::presets::kais_cross>(), without_pass);
}

}  // namespace cli
