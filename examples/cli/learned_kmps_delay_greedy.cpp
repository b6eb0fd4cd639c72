// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/orchestration/orchestrators.hpp>
#include <muster/queue/delay_greedy.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_delay_greedy(const learner_setup& setup) {
  namespace slot = muster::slot;
  using order = muster::queue::delay_greedy;
  using nearest_timeout = muster::kmps::pipeline<slot::dequeue<order>, slot::node_dequeue<order>,
                                                 slot::orchestrator<muster::kmps::gpo>>;
  return std::make_unique<learned<nearest_timeout>>(setup);
}

}  // namespace cli
