// SPDX-License-Identifier: Apache-2.0
#include "experiments/kmps/load_sweep.hpp"

namespace experiments::kmps {

// Fig. 11: how busy the clusters of the access points are.
experiment fig11() {
  experiment e = load_sweep();
  e.name = "fig11";
  e.title = "CPU use of an access point's cluster by load";
  e.question = "Share of a cluster's cores in use until the last arrival, mean of the clusters.";
  const auto grows = [](const char* a) { return growth(a, "cluster_cpu_use", "100", "600"); };
  const auto low = [](const char* a) { return metric(a, "cluster_cpu_use", {"100"}); };
  e.claims = {{"MAPPO grows less than AC from 100 to 600/s", claim::kind::below, grows("mappo"),
               grows("ac"), "points", "lower growth"},
              {"MAPPO grows less than DDPG from 100 to 600/s", claim::kind::below, grows("mappo"),
               grows("ddpg"), "points", "lower growth"},
              {"MAPPO and AC alike at 100/s", claim::kind::alike, low("mappo"), low("ac"), "points",
               "no significant difference", 1.0, 0.1}};
  e.charts = {{.metric = "cluster_cpu_use",
               .x_label = "requests per second",
               .y_label = "cores of a cluster in use (%)",
               .scale = 100.0,
               .from_zero = true}};
  e.shown = {"cluster_cpu_use", "throughput"};
  e.note =
      "Work on time needs cores: a scheduler that answers more requests in its clusters uses them "
      "more, so a lower use can also mean less work done.";
  return e;
}

}  // namespace experiments::kmps
