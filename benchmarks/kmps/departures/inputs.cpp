// SPDX-License-Identifier: Apache-2.0
#include <muster/kmps/baselines/released_observation.hpp>

#include "departures.hpp"

namespace departures {
namespace {

struct local_critic_ppo : muster::kmps::shared_ppo {
  static constexpr bool local_critic = true;
};

}  // namespace

namespace kmps = muster::kmps;
namespace slot = muster::slot;

void add_inputs(rows& all) {
  all.push_back(row_of<kmps::pipeline<slot::observation<kmps::released_observation>>>(
      "6", "actor reads nothing of the request", base::dispatch));
  all.push_back(row_of<kmps::pipeline<slot::trainer<local_critic_ppo>>>(
      "6", "critic reads what the actor reads", base::dispatch));
}

}  // namespace departures
