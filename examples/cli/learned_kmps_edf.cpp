// SPDX-License-Identifier: Apache-2.0
#include <muster/queue/earliest_deadline.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_edf(const muster::env::edge_cloud_config& system,
                                       std::uint64_t seed) {
  namespace slot = muster::slot;
  using deadlines = muster::queue::earliest_deadline;
  return std::make_unique<
      learned<muster::kmps::pipeline<slot::dequeue<deadlines>, slot::node_dequeue<deadlines>>>>(
      system, seed);
}

}  // namespace cli
