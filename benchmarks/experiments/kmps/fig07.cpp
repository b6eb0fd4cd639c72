// SPDX-License-Identifier: Apache-2.0
#include "experiments/kmps/conditions.hpp"

namespace experiments::kmps {

// Fig. 7: what asynchronous training with two buffers and dispatching across clusters add.
experiment fig07() {
  experiment e;
  e.name = "fig07";
  e.title = "dual buffer and cross-cluster dispatch while training";
  e.question =
      "Share of training requests on time by episode: all of KMPS's training, without "
      "neighbours as targets, with one buffer, and a single agent's plain PPO.";
  e.arms = {{"full", "dual buffer, cross-cluster", "kmps_dual"},
            {"no_cross", "B1: no cross-cluster", "kmps_dual_no_cross"},
            {"single", "B2: single buffer", "kmps"},
            {"ppo", "B3: plain PPO", "ppo"}};
  e.settings = {{"300", 300.0, fixed_replicas}};
  e.load = load_at(300.0, 5.0);
  e.full = {10, 60, 160, 160};
  e.quick = {3, 24, 80, 80};
  const auto peak = [](const char* a) { return training_peak(a); };
  e.claims = {
      {"full over no cross-cluster, at the peak", claim::kind::above, peak("full"),
       peak("no_cross"), "points", "B1 slightly worse; full above 95 %"},
      {"full over plain PPO, at the peak", claim::kind::above, peak("full"), peak("ppo"), "points",
       "severe fluctuation of B3"},
      {"no cross-cluster over plain PPO, at the peak", claim::kind::above, peak("no_cross"),
       peak("ppo"), "points", "order only"},
      {"full settles before the single buffer", claim::kind::below, episodes_to_plateau("full"),
       episodes_to_plateau("single"), "episodes", "25 against more than 40"},
      {"plain PPO fluctuates more than full", claim::kind::above, training_noise("ppo"),
       training_noise("full"), "points", "severe fluctuation"}};
  e.charts = {{.what = chart::kind::learning,
               .x_label = "training episode",
               .y_label = "answered on time while training (%)",
               .scale = 100.0}};
  e.shown = {"throughput", "share_neighbour"};
  e.note =
      "Settled: the episode from which the curve, smoothed over three, has made 95 % of its rise. "
      "Fluctuation: standard deviation of the change from one episode to the next, second half.";
  return e;
}

}  // namespace experiments::kmps
