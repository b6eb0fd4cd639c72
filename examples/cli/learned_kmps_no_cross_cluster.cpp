// SPDX-License-Identifier: Apache-2.0
#include <muster/env/mask.hpp>
#include <muster/kmps/orchestration/orchestrators.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_no_cross_cluster(const learner_setup& setup) {
  namespace slot = muster::slot;
  using alone = muster::kmps::pipeline<slot::mask<muster::env::no_neighbours<>>,
                                       slot::orchestrator<muster::kmps::gpo>>;
  return std::make_unique<learned<alone>>(setup);
}

}  // namespace cli
