// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/presets/no_gnn.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_no_gnn(const learner_setup& setup) {
  return std::make_unique<learned<muster::kmps::presets::no_gnn>>(setup);
}

}  // namespace cli
