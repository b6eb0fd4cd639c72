// SPDX-License-Identifier: Apache-2.0
#include "experiments/kmps/conditions.hpp"

namespace experiments::kmps {
namespace {

void linked(scenario& s) { three_scales(s); }

// The first cluster loses its links for 60 s, from 40 % of the episode on (where the surge is).
void cut(scenario& s) {
  three_scales(s);
  const muster::instant from = muster::instant{} + muster::milliseconds(250) *
                                                       static_cast<std::int64_t>(s.load.slots) * 2 /
                                                       5;
  s.system.outages = {{0, from, from + muster::seconds(60)}};
}

}  // namespace

// One cluster without links for 60 s: not in the paper, whose claim of decentral robustness it
// tests.
experiment cutoff() {
  experiment e;
  e.name = "cutoff";
  e.title = "one cluster cut off for 60 s";
  e.question =
      "The first cluster has no links for 60 s: its access point reaches its own nodes only, "
      "nobody else reaches them, and messages wait. Models never saw an outage.";
  e.arms = {{"kmps", "KMPS", "kmps"},
            {"kais", "KaiS", "kais"},
            {"greedy", "Greedy_Native", "greedy_native"},
            {"edf_fastest", "edf_fastest (rule)", "edf_fastest"}};
  e.settings = {{"cut off", 1.0, cut}, {"linked", 0.0, linked}};
  e.load = load_at(300.0, 2.0);
  e.training = load_at(300.0, 5.0);
  e.full = {10, 30, 480, 1600};
  e.quick = {3, 10, 240, 400};
  const auto cut_off = [](const char* a) { return metric(a, "throughput", {"cut off"}); };
  const auto lost = [](const char* a) { return growth(a, "throughput", "cut off", "linked"); };
  e.claims = {{"KMPS over KaiS while cut off", claim::kind::above, cut_off("kmps"), cut_off("kais"),
               "points", "not shown"},
              {"KMPS loses less than KaiS", claim::kind::below, lost("kmps"), lost("kais"),
               "points", "not shown"},
              {"KMPS over Greedy_Native while cut off", claim::kind::above, cut_off("kmps"),
               cut_off("greedy"), "points", "not shown"}};
  e.charts = {{.what = chart::kind::over_time,
               .x_label = "simulated time (s)",
               .y_label = "answered on time per second",
               .setting = "cut off"}};
  e.shown = {"throughput", "frame_throughput_lowest"};
  return e;
}

}  // namespace experiments::kmps
