// SPDX-License-Identifier: Apache-2.0
#include "experiments/kmps/conditions.hpp"

namespace experiments::kmps {
namespace {

setting at_load(const char* name, double x, double rate, double surge) {
  return {name, x, [=](scenario& s) {
            three_scales(s);
            s.load.rate = rate;
            s.load.surge = surge;
          }};
}

}  // namespace

// Fig. 18: KMPS against the others, each whole.
experiment fig18() {
  experiment e;
  e.name = "fig18";
  e.title = "KMPS against KaiS, Firmament and Greedy";
  e.question =
      "Each system whole: its dispatch, its queues, its orchestration. Moderate load, 600 "
      "requests/s, and 600 requests/s with a surge of five times as many.";
  e.arms = {{"kmps", "KMPS", "kmps"},
            {"kais", "KaiS", "kais"},
            {"firmament", "Firmament_Native", "firmament_native", central_scheduler},
            {"firmament_at_once", "Firmament_Native without delay", "firmament_native"},
            {"greedy", "Greedy_Native", "greedy_native"},
            {"edf_fastest", "edf_fastest (rule)", "edf_fastest"},
            {"bound", "bound", "clairvoyant"}};
  e.settings = {at_load("600 surge", 3.0, 600.0, 5.0), at_load("600", 2.0, 600.0, 1.0),
                at_load("300", 1.0, 300.0, 1.0)};
  e.load = load_at(600.0, 5.0);
  e.training = load_at(300.0, 5.0);
  e.full = {10, 30, 480, 1600};
  e.quick = {3, 10, 240, 400};
  const auto surge = [](const char* a) { return metric(a, "throughput", {"600 surge"}); };
  e.claims = {
      {"KMPS over the closest of the three in the surge", claim::kind::above, surge("kmps"),
       closest({"kais", "firmament", "greedy"}, "throughput", {"600 surge"}), "points", "+5.3 %"},
      {"KMPS over KaiS in the surge", claim::kind::above, surge("kmps"), surge("kais"), "points",
       "close at moderate load, drops in surges"},
      {"KMPS over Firmament_Native in the surge", claim::kind::above, surge("kmps"),
       surge("firmament"), "points", "Firmament 75 %"},
      {"KMPS over Greedy_Native in the surge", claim::kind::above, surge("kmps"), surge("greedy"),
       "points", "Greedy below 80 %"},
      {"KaiS over Firmament_Native in the surge", claim::kind::above, surge("kais"),
       surge("firmament"), "points", "order only"},
      {"KaiS over Greedy_Native in the surge", claim::kind::above, surge("kais"), surge("greedy"),
       "points", "order only"}};
  e.charts = {{.what = chart::kind::by_arm,
               .y_label = "requests answered on time in the surge (%)",
               .scale = 100.0,
               .setting = "600 surge"},
              {.what = chart::kind::over_time,
               .x_label = "simulated time (s)",
               .y_label = "answered on time per second",
               .setting = "600 surge",
               .name = "time"}};
  e.shown = {"throughput", "frame_throughput_lowest", "e2e_ms_mean", "scheduling_ms_mean"};
  e.note =
      "The bound lets every service have as many replicas as memory holds, anywhere and at once. "
      "Firmament decides in the cloud, 210 ms after it is asked (as in fig12); without that delay "
      "it stands beside it. edf_fastest is ours: one fixed rule on earliest-deadline queues, with "
      "fixed replicas.";
  return e;
}

}  // namespace experiments::kmps
