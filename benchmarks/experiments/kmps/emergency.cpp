// SPDX-License-Identifier: Apache-2.0
#include "experiments/kmps/conditions.hpp"

namespace experiments::kmps {
namespace {

setting with_share(const char* name, double share) {
  return {name, share * 100.0, [=](scenario& s) {
            three_scales(s);
            s.load.emergency_share = share;
            s.load.emergency_seconds = 3.0;
          }};
}

}  // namespace

// Sudden emergencies: what rescheduling is for, by how many there are.
experiment emergency() {
  experiment e;
  e.name = "emergency";
  e.title = "sudden emergency tasks";
  e.question =
      "So many requests more come suddenly and must be answered within 3 s and their own work; "
      "models never saw one.";
  e.arms = {{"three", "three time scales", "kmps"},
            {"two", "two time scales", "kmps_two_scale"},
            {"kais", "KaiS", "kais"},
            {"edf_fastest", "edf_fastest (rule)", "edf_fastest"}};
  e.settings = {with_share("5 %", 0.05), with_share("10 %", 0.1), with_share("20 %", 0.2)};
  e.load = load_at(300.0, 2.0);
  e.training = load_at(300.0, 5.0);
  e.full = {10, 30, 480, 1600};
  e.quick = {3, 10, 240, 400};
  const auto met = [](const char* a) { return metric(a, "emergency_throughput"); };
  e.claims = {{"emergencies on time, three scales over two", claim::kind::above, met("three"),
               met("two"), "points", "not shown"},
              {"emergencies on time, KMPS over KaiS", claim::kind::above, met("three"), met("kais"),
               "points", "not shown"}};
  e.charts = {{.metric = "emergency_throughput",
               .x_label = "emergencies per 100 requests",
               .y_label = "emergencies on time (%)",
               .scale = 100.0}};
  e.shown = {"emergency_throughput", "throughput"};
  return e;
}

}  // namespace experiments::kmps
