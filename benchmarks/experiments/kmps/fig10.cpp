// SPDX-License-Identifier: Apache-2.0
#include "experiments/kmps/load_sweep.hpp"

namespace experiments::kmps {

// Fig. 10: energy per inference.
experiment fig10() {
  experiment e = load_sweep();
  e.name = "fig10";
  e.title = "energy per inference by load";
  e.question =
      "Dynamic energy of cores and links, wasted work included, per request answered on time.";
  const auto grows = [](const char* a) {
    return growth(a, "dynamic_j_per_inference", "100", "600");
  };
  const auto low = [](const char* a) { return metric(a, "dynamic_j_per_inference", {"100"}); };
  e.claims = {{"MAPPO grows less than AC from 100 to 600/s", claim::kind::below, grows("mappo"),
               grows("ac"), "J", "lower growth"},
              {"MAPPO grows less than DDPG from 100 to 600/s", claim::kind::below, grows("mappo"),
               grows("ddpg"), "J", "lower growth"},
              {"MAPPO and AC alike at 100/s", claim::kind::alike, low("mappo"), low("ac"), "J",
               "no significant difference", 1.0, 0.1}};
  e.charts = {{.metric = "dynamic_j_per_inference",
               .x_label = "requests per second",
               .y_label = "energy per answer on time (J)",
               .from_zero = true}};
  e.shown = {"dynamic_j_per_inference"};
  e.note =
      "Model and parameters: kmps/energy.hpp (60 to 120 W per node of 4 cores; 50 kB to and 5 kB "
      "from a target at 0.46, 1.1 and 2.7 uJ per bit for own cluster, neighbour and cloud). The "
      "paper gives none.";
  return e;
}

}  // namespace experiments::kmps
