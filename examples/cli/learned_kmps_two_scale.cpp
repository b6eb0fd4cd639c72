// SPDX-License-Identifier: Apache-2.0
#include <muster/env/reschedule.hpp>
#include <muster/kmps/orchestration/orchestrators.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_two_scale(const learner_setup& setup) {
  namespace slot = muster::slot;
  using two_scale = muster::kmps::pipeline<slot::rescheduler<muster::env::stay_put>,
                                           slot::orchestrator<muster::kmps::gpo>>;
  learner_setup without_pass = setup;
  without_pass.system.long_slot = {};
  return std::make_unique<learned<two_scale>>(without_pass);
}

}  // namespace cli
