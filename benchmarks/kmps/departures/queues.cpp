// SPDX-License-Identifier: Apache-2.0
#include <muster/env/drain.hpp>
#include <muster/env/mask.hpp>
#include <muster/env/reschedule.hpp>
#include <muster/kmps/baselines/released_order.hpp>

#include "departures.hpp"

namespace departures {

namespace env = muster::env;
namespace kmps = muster::kmps;
namespace slot = muster::slot;

void add_queues(rows& all) {
  all.push_back(row_of<kmps::pipeline<slot::dequeue<kmps::released_order>,
                                      slot::node_dequeue<kmps::released_order>>>(
      "5", "queues by deadline - arrival", base::dispatch));
  all.push_back(row_of<kmps::pipeline<slot::mask<env::replica_mask>>>(
      "7", "mask: a replica is enough (cores never run out here: a control)", base::dispatch));
  all.back().role = row::role::control;
  all.push_back(row_of<kmps::pipeline<slot::rescheduler<env::stay_put>>>(
      "15", "urgent requests never move", base::dispatch));
  all.push_back(row_of<kmps::pipeline<slot::drain<env::drain_one>>>(
      "-", "one request per access point and slot", base::dispatch));
}

}  // namespace departures
