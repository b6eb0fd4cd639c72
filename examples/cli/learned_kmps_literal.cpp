// SPDX-License-Identifier: Apache-2.0
#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_literal(const learner_setup& setup) {
  return std::make_unique<learned<muster::kmps::faithful>>(setup);
}

}  // namespace cli
