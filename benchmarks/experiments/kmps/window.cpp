// SPDX-License-Identifier: Apache-2.0
#include "experiments/kmps/conditions.hpp"

namespace experiments::kmps {
namespace {

setting episodes(const char* name, std::size_t window) {
  return {name, static_cast<double>(window), [=](scenario& s) {
            fixed_replicas(s);
            s.window = window;
          }};
}

}  // namespace

// How many past episodes an update learns from: left open in the paper's conclusion, 3 in its
// program.
experiment window() {
  experiment e;
  e.name = "window";
  e.title = "replay window";
  e.question =
      "KMPS dispatch whose updates learn from the last episode only, or from the last 2, 3, 5 or "
      "10, with two buffers and with one.";
  e.arms = {{"dual", "two buffers", "kmps_dual"}, {"single", "one buffer", "kmps"}};
  e.settings = {episodes("1", 1), episodes("2", 2), episodes("3", 3), episodes("5", 5),
                episodes("10", 10)};
  e.load = load_at(300.0, 5.0);
  e.full = {10, 20, 160, 320};
  e.quick = {3, 8, 80, 120};
  const auto at = [](const char* where) { return metric("dual", "throughput", {where}); };
  e.claims = {{"a window of 3 over the last episode alone", claim::kind::above, at("3"), at("1"),
               "points", "asked for, not shown"},
              {"a window of 3 over one of 10", claim::kind::above, at("3"), at("10"), "points",
               "a limited window is better"}};
  e.charts = {
      {.x_label = "episodes in the window", .y_label = "answered on time (%)", .scale = 100.0}};
  e.shown = {"throughput"};
  return e;
}

}  // namespace experiments::kmps
