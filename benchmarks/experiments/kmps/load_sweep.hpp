// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "experiments/kmps/conditions.hpp"

namespace experiments::kmps {

/// Figs. 9, 10 and 11 look at the same runs: three learners, one model per seed, six loads.
[[nodiscard]] inline experiment load_sweep() {
  experiment e;
  e.arms = {{"mappo", "MAPPO", "kmps"},
            {"ac", "AC", "ac"},
            {"ddpg", "DDPG", "ddpg"},
            {"ac_matched", "AC with filter, cross-cluster", "ac_matched"},
            {"ddpg_matched", "DDPG with filter, cross-cluster", "ddpg_matched"}};
  e.settings = loads(fixed_replicas);
  e.load = load_at(600.0, 1.0);
  e.training = load_at(300.0, 5.0);
  e.full = {10, 30, 160, 320};
  e.quick = {3, 10, 80, 120};
  return e;
}

}  // namespace experiments::kmps
