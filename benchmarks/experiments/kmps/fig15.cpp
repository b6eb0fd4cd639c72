// SPDX-License-Identifier: Apache-2.0
#include "experiments/kmps/conditions.hpp"

namespace experiments::kmps {

// Fig. 15: which waiting request leaves its queue first.
experiment fig15() {
  experiment e;
  e.name = "fig15";
  e.title = "order of the queues";
  e.question =
      "KMPS dispatch with four orders of all queues, at access points and nodes; each has models "
      "of its own.";
  e.arms = {{"hybrid", "adaptive hybrid", "kmps"},
            {"delay_greedy", "delay greedy", "kmps_delay_greedy"},
            {"fifo", "arrival order", "kmps_fifo"},
            {"edf", "earliest deadline", "kmps_edf"},
            {"bound", "bound", "clairvoyant"}};
  e.settings = {{"300", 300.0, fixed_replicas}};
  e.load = load_at(300.0, 5.0);
  e.full = {10, 30, 160, 320};
  e.quick = {3, 10, 80, 120};
  const auto on_time = [](const char* a) { return metric(a, "throughput"); };
  e.claims = {{"hybrid over delay greedy", claim::kind::above, on_time("hybrid"),
               on_time("delay_greedy"), "points", "order only"},
              {"hybrid over arrival order", claim::kind::above, on_time("hybrid"), on_time("fifo"),
               "points", "order only"}};
  e.charts = {
      {.what = chart::kind::by_arm, .y_label = "requests answered on time (%)", .scale = 100.0},
      {.what = chart::kind::learning,
       .x_label = "training episode",
       .y_label = "answered on time while training (%)",
       .scale = 100.0,
       .name = "learning"}};
  e.shown = {"throughput", "e2e_ms_mean", "missed_at_node"};
  e.note = "Earliest deadline is ours: the paper does not compare with it.";
  return e;
}

}  // namespace experiments::kmps
