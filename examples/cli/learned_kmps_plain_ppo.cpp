// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/orchestration/orchestrators.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_plain_ppo(const learner_setup& setup) {
  return std::make_unique<
      learned<muster::kmps::pipeline<muster::slot::orchestrator<muster::kmps::plain_ppo>>>>(setup);
}

}  // namespace cli
