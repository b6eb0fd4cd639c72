// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/orchestration/orchestrators.hpp>
#include <muster/queue/arrival_order.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_fifo(const learner_setup& setup) {
  namespace slot = muster::slot;
  using order = muster::queue::arrival_order;
  using in_order = muster::kmps::pipeline<slot::dequeue<order>, slot::node_dequeue<order>,
                                          slot::orchestrator<muster::kmps::gpo>>;
  return std::make_unique<learned<in_order>>(setup);
}

}  // namespace cli
