// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/orchestration/orchestrators.hpp>
#include <muster/queue/earliest_deadline.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_edf(const learner_setup& setup) {
  namespace slot = muster::slot;
  using deadlines = muster::queue::earliest_deadline;
  using deadline_first =
      muster::kmps::pipeline<slot::dequeue<deadlines>, slot::node_dequeue<deadlines>,
                             slot::orchestrator<muster::kmps::gpo>>;
  return std::make_unique<learned<deadline_first>>(setup);
}

}  // namespace cli
