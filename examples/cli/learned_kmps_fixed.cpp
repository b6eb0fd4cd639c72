// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/orchestration/fixed_replicas.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_fixed(const learner_setup& setup) {
  return std::make_unique<
      learned<muster::kmps::pipeline<muster::slot::orchestrator<muster::kmps::fixed_replicas>>>>(
      setup);
}

}  // namespace cli
