// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/orchestration/greedy_scaler.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_greedy_scaler(const learner_setup& setup) {
  return std::make_unique<
      learned<muster::kmps::pipeline<muster::slot::orchestrator<muster::kmps::greedy_scaler>>>>(
      setup);
}

}  // namespace cli
