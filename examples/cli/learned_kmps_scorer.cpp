// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/orchestration/orchestrators.hpp>

#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_scorer(const learner_setup& setup) {
  namespace slot = muster::slot;
  using scorer =
      muster::kmps::pipeline<slot::actor<muster::rl::actor<muster::kmps::target_scorer<>>>,
                             slot::orchestrator<muster::kmps::gpo>>;
  return std::make_unique<learned<scorer>>(setup);
}

}  // namespace cli
