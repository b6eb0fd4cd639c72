// SPDX-License-Identifier: Apache-2.0
#include "experiments/kmps/conditions.hpp"

namespace experiments::kmps {

// Fig. 8: what a dispatch decision costs in time.
experiment fig08() {
  experiment e;
  e.name = "fig08";
  e.title = "latency of 20 dispatch decisions";
  e.question =
      "Wall time of 20 decisions in a row inside a running system, observation and filter "
      "included, at 19 targets.";
  e.arms = {{"mappo", "MAPPO", "kmps"},
            {"ac", "AC", "ac"},
            {"ddpg", "DDPG", "ddpg"},
            {"ac_matched", "AC with filter", "ac_matched"},
            {"ddpg_matched", "DDPG with filter", "ddpg_matched"}};
  e.settings = {{"300", 300.0, fixed_replicas}};
  e.load = load_at(300.0, 1.0);
  e.full = {10, 1, 160, 160};
  e.quick = {3, 1, 80, 80};
  e.timed = true;
  const auto time = [](const char* a) { return metric(a, "decisions20_us_p50"); };
  e.claims = {{"MAPPO not above AC", claim::kind::below, time("mappo"), time("ac"), "us",
               "10.1 to 10.2 against 10.4 ms"},
              {"MAPPO not above DDPG", claim::kind::below, time("mappo"), time("ddpg"), "us",
               "DDPG highest"}};
  e.charts = {{.what = chart::kind::by_arm,
               .metric = "decisions20_us_p50",
               .y_label = "20 decisions (us), median"}};
  e.shown = {"decisions20_us_p50", "decisions20_us_p99"};
  e.note =
      "The paper plots this over training rounds; here a decision costs the same before and after "
      "training, since networks do not change size, so one round is measured well instead.";
  return e;
}

}  // namespace experiments::kmps
