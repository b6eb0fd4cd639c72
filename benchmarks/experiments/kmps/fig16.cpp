// SPDX-License-Identifier: Apache-2.0
#include "experiments/kmps/conditions.hpp"

namespace experiments::kmps {

// Fig. 16: who decides which replicas run where.
experiment fig16() {
  experiment e;
  e.name = "fig16";
  e.title = "orchestration";
  e.question =
      "The same dispatch under six orchestrators: GPO, GPO without a graph, one actor and one "
      "critic, the paper's greedy rule, Kubernetes' autoscaler, and none.";
  e.arms = {{"gpo", "GPO", "kmps"},
            {"no_gnn", "B1: no GNN", "kmps_no_gnn"},
            {"joint", "B2: joint actor", "kmps_joint_actor"},
            {"greedy", "B3: greedy", "kmps_greedy_scaler"},
            {"hpa", "autoscaler", "hpa"},
            {"fixed", "fixed replicas", "kmps_fixed"},
            {"bound", "bound", "clairvoyant"}};
  e.settings = {{"surge", 600.0, three_scales}};
  e.load = load_at(600.0, 5.0);
  e.training = load_at(300.0, 5.0);
  e.full = {10, 30, 480, 1600};
  e.quick = {3, 10, 240, 400};
  const auto on_time = [](const char* a) { return metric(a, "throughput"); };
  e.claims = {{"GPO over no GNN", claim::kind::above, on_time("gpo"), on_time("no_gnn"), "points",
               "no GNN stays at 83 to 86 %"},
              {"GPO over joint actor", claim::kind::above, on_time("gpo"), on_time("joint"),
               "points", "order only"},
              {"GPO over greedy", claim::kind::above, on_time("gpo"), on_time("greedy"), "points",
               "order only"},
              {"no GNN over joint actor", claim::kind::above, on_time("no_gnn"), on_time("joint"),
               "points", "order only"},
              {"GPO over fixed replicas", claim::kind::above, on_time("gpo"), on_time("fixed"),
               "points", "not shown"}};
  e.charts = {
      {.what = chart::kind::by_arm, .y_label = "requests answered on time (%)", .scale = 100.0},
      {.what = chart::kind::over_time,
       .x_label = "simulated time (s)",
       .y_label = "answered on time per second",
       .name = "time"}};
  e.shown = {"throughput", "frame_throughput_lowest", "frame_throughput_sd", "replica_changes",
             "utilisation"};
  e.note =
      "The bound lets every service have as many replicas as memory holds, anywhere and at once.";
  return e;
}

}  // namespace experiments::kmps
