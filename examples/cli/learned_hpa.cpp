// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/orchestration/pod_autoscaler.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_hpa(const learner_setup& setup) {
  learner_setup synchronised = setup;
  // The autoscaler looks every 15 s, whatever the frames of the others are.
  if (setup.system.frame.us > 0) synchronised.system.frame = muster::seconds(15);
  return std::make_unique<
      learned<muster::kmps::pipeline<muster::slot::orchestrator<muster::kmps::pod_autoscaler>>>>(
      synchronised);
}

}  // namespace cli
