// SPDX-License-Identifier: Apache-2.0
#include "experiments/kmps/load_sweep.hpp"

namespace experiments::kmps {

// Fig. 9: how long a request takes from end to end.
experiment fig09() {
  experiment e = load_sweep();
  e.name = "fig09";
  e.title = "end-to-end latency by load";
  e.question =
      "Decision, transmission, queueing and execution of answered requests, at 100 to 600 "
      "requests/s.";
  const auto high = [](const char* a, const char* m) { return metric(a, m, {"500", "600"}); };
  const auto low = [](const char* a) { return metric(a, "e2e_ms_mean", {"100", "200"}); };
  e.claims = {{"MAPPO below AC at 500 and 600/s", claim::kind::below, high("mappo", "e2e_ms_mean"),
               high("ac", "e2e_ms_mean"), "ms", "lower; MAPPO 24.5 to 30.8 ms"},
              {"MAPPO below DDPG at 500 and 600/s", claim::kind::below,
               high("mappo", "e2e_ms_mean"), high("ddpg", "e2e_ms_mean"), "ms", "lower"},
              {"MAPPO above AC on time at 500 and 600/s", claim::kind::above,
               high("mappo", "throughput"), high("ac", "throughput"), "points", "not shown"},
              {"MAPPO and AC alike at 100 and 200/s", claim::kind::alike, low("mappo"), low("ac"),
               "ms", "similar", 1.0, 0.1},
              {"MAPPO and DDPG alike at 100 and 200/s", claim::kind::alike, low("mappo"),
               low("ddpg"), "ms", "similar", 1.0, 0.1}};
  e.charts = {{.metric = "e2e_ms_mean",
               .x_label = "requests per second",
               .y_label = "end-to-end latency (ms)",
               .from_zero = true}};
  e.shown = {"e2e_ms_mean", "throughput"};
  e.note =
      "Only answered requests have a latency, so who drops the slow ones looks fast: the share on "
      "time stands beside it. About 125 ms of each latency is the wait for the next slot of 0.25 "
      "s.";
  return e;
}

}  // namespace experiments::kmps
