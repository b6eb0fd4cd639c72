// SPDX-License-Identifier: Apache-2.0
#include "experiments/kmps/conditions.hpp"

namespace experiments::kmps {
namespace {

// A frame in every slot: enough plans to time, in a system that is in use.
void often(scenario& s) {
  s.systems([](auto& c) { c.frame = c.slot; });
}

}  // namespace

// Fig. 17: what an orchestration decision costs in time.
experiment fig17() {
  experiment e;
  e.name = "fig17";
  e.title = "latency of 50 orchestration decisions";
  e.question = "Wall time of 50 plans in a row for 19 targets and 12 services.";
  e.arms = {{"gpo", "GPO", "kmps"},
            {"ppo", "PPO, no graph", "kmps_plain_ppo"},
            {"ac", "AC, no graph", "kmps_plain_ac"},
            {"greedy", "greedy", "kmps_greedy_scaler"}};
  e.settings = {{"100", 100.0, often}};
  e.load = load_at(100.0, 1.0);
  e.full = {10, 1, 80, 800};
  e.quick = {3, 1, 80, 400};
  e.timed = true;
  const auto time = [](const char* a) { return metric(a, "plans50_us_p50"); };
  e.claims = {{"PPO below GPO", claim::kind::below, time("ppo"), time("gpo"), "us",
               "180 to 200 against 330 ms: factor 1.7"},
              {"AC below GPO", claim::kind::below, time("ac"), time("gpo"), "us",
               "180 to 200 against 330 ms"},
              {"greedy below PPO", claim::kind::below, time("greedy"), time("ppo"), "us",
               "20 against 180 to 200 ms"},
              {"greedy below AC", claim::kind::below, time("greedy"), time("ac"), "us",
               "20 against 180 to 200 ms"}};
  e.charts = {{.what = chart::kind::by_arm,
               .metric = "plans50_us_p50",
               .y_label = "50 plans (us), median"}};
  e.shown = {"plans50_us_p50", "plans50_us_p99"};
  return e;
}

}  // namespace experiments::kmps
