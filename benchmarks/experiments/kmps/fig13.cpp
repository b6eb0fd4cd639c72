// SPDX-License-Identifier: Apache-2.0
#include "experiments/kmps/conditions.hpp"

namespace experiments::kmps {
namespace {

void with_emergencies(scenario& s) {
  three_scales(s);
  for (cli::load* l : {&s.load, &s.training}) {
    l->emergency_share = 0.1;
    l->emergency_seconds = 3.0;
  }
}

}  // namespace

// Fig. 13: three time scales against two.
experiment fig13() {
  experiment e;
  e.name = "fig13";
  e.title = "three time scales against two";
  e.question =
      "With and without the pass that moves urgent requests every 2 s, while a tenth more "
      "requests come suddenly and must be answered within 3 s and their own work.";
  e.arms = {{"three", "three time scales", "kmps"}, {"two", "two time scales", "kmps_two_scale"}};
  e.settings = {{"emergencies", 1.0, with_emergencies}};
  e.load = load_at(300.0, 5.0);
  e.full = {10, 30, 480, 800};
  e.quick = {3, 10, 240, 400};
  e.claims = {{"three over two at the end", claim::kind::above, metric("three", "throughput"),
               metric("two", "throughput"), "points", "two never above 95 %, three higher"},
              {"emergencies on time, three over two", claim::kind::above,
               metric("three", "emergency_throughput"), metric("two", "emergency_throughput"),
               "points", "not shown"},
              {"two settles before three", claim::kind::below, episodes_to_plateau("two"),
               episodes_to_plateau("three"), "episodes", "two reaches 90 % first"}};
  e.charts = {{.what = chart::kind::learning,
               .x_label = "training episode",
               .y_label = "answered on time while training (%)",
               .scale = 100.0}};
  e.shown = {"throughput", "emergency_throughput", "urgent_offered", "relocated"};
  return e;
}

}  // namespace experiments::kmps
