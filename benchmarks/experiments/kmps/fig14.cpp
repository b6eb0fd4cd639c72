// SPDX-License-Identifier: Apache-2.0
#include "experiments/kmps/conditions.hpp"

namespace experiments::kmps {
namespace {

// Models are trained with the slot and the frame they are tested with; urgent passes are a rule, so
// only the test has another period.
setting with_slot(const char* name, std::int64_t ms) {
  return {name, static_cast<double>(ms) * 1e-3, [=](scenario& s) {
            three_scales(s);
            s.systems([&](auto& c) { c.slot = muster::milliseconds(ms); });
          }};
}
setting with_pass(const char* name, std::int64_t ms) {
  return {name, static_cast<double>(ms) * 1e-3, [=](scenario& s) {
            three_scales(s);
            s.system.long_slot = muster::milliseconds(ms);
          }};
}
setting with_frame(const char* name, std::int64_t ms) {
  return {name, static_cast<double>(ms) * 1e-3, [=](scenario& s) {
            three_scales(s);
            s.systems([&](auto& c) { c.frame = muster::milliseconds(ms); });
          }};
}

}  // namespace

// Fig. 14: the three periods.
experiment fig14() {
  experiment e;
  e.name = "fig14";
  e.title = "sensitivity to the three periods";
  e.question =
      "KMPS with slots of 0.1 to 0.5 s, an urgent pass every 1, 2, 4 or 8 slots (0.25 to 2 s), "
      "and frames of 12.5 to 100 s; the periods not varied are 0.25 s, 2 s and 25 s.";
  e.arms = {{"kmps", "KMPS", "kmps"}};
  e.settings = {
      with_slot("slot 0.1", 100),    with_slot("slot 0.25", 250),     with_slot("slot 0.5", 500),
      with_pass("every 1", 250),     with_pass("every 2", 500),       with_pass("every 4", 1000),
      with_pass("every 8", 2000),    with_frame("frame 12.5", 12500), with_frame("frame 25", 25000),
      with_frame("frame 50", 50000), with_frame("frame 100", 100000)};
  e.load = load_at(300.0, 5.0);
  e.load.emergency_share = 0.1;
  e.load.emergency_seconds = 3.0;
  e.full = {10, 20, 400, 800};
  e.quick = {3, 6, 240, 400};
  const auto at = [](const char* where) { return metric("kmps", "throughput", {where}); };
  e.claims = {{"slot 0.25 s over 0.1 s", claim::kind::above, at("slot 0.25"), at("slot 0.1"),
               "points", "best 0.25 s"},
              {"slot 0.25 s over 0.5 s", claim::kind::above, at("slot 0.25"), at("slot 0.5"),
               "points", "best 0.25 s"},
              {"pass every 2 over every slot", claim::kind::above, at("every 2"), at("every 1"),
               "points", "best every 2"},
              {"pass every 2 over every 8", claim::kind::above, at("every 2"), at("every 8"),
               "points", "best every 2; the text of the paper uses every 8"},
              {"frame 25 s over 12.5 s", claim::kind::above, at("frame 25"), at("frame 12.5"),
               "points", "best 25 s"},
              {"frame 25 s over 50 s", claim::kind::above, at("frame 25"), at("frame 50"), "points",
               "best 25 s"}};
  const auto picture = [](const char* x, const char* name, std::vector<std::string> settings) {
    chart c;
    c.settings = std::move(settings);
    c.x_label = x;
    c.y_label = "answered on time (%)";
    c.scale = 100.0;
    c.name = name;
    return c;
  };
  e.charts = {
      picture("slot (s)", "", {"slot 0.1", "slot 0.25", "slot 0.5"}),
      picture("urgent pass every (s)", "pass", {"every 1", "every 2", "every 4", "every 8"}),
      picture("frame (s)", "frame", {"frame 12.5", "frame 25", "frame 50", "frame 100"})};
  e.shown = {"throughput", "emergency_throughput", "urgent_offered", "relocated",
             "replica_changes"};
  return e;
}

}  // namespace experiments::kmps
