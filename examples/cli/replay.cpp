// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include <fmt/format.h>

#include "commands.hpp"
#include "evaluate.hpp"
#include "prepare.hpp"
#include "registry.hpp"

namespace cli {

// Prints, tab-separated: a line per slot, or a line per decision; then the totals on stderr, so
// that stdout stays one clean table for the next tool.
int run_replay(const options& o) {
  const std::string name = o.pipelines.empty() ? "greedy" : o.pipelines.front();
  auto checked = check_pipelines({name}, "--pipeline");
  if (!checked) return refuse(checked.failure());
  const kind what = find_pipeline(name)->what;
  if (what == kind::bound) {
    return refuse({"'" + name + "' is a bound and makes no decisions", "", 0, "--pipeline",
                   "a rule, or a pipeline that learns with --model FILE"});
  }
  if (what == kind::learned && o.model.empty()) {
    return refuse({"'" + name + "' learns and no model is given", "", 0, "--model",
                   "a file written by muster train or compare"});
  }
  const muster::env::edge_cloud_config system = system_of(o);
  std::unique_ptr<learner> learned;
  if (what == kind::learned) {
    learned = make_learner(name, {system, o.seed});
    if (auto ok = learned->load(o.model); !ok) return refuse(ok.failure());
  }
  auto traces = open_source(o);
  if (!traces) return refuse(traces.failure());
  auto w = make_workload(*traces, rows::test, load_of(o), o.seed);
  if (!w) return refuse(w.failure());

  const std::vector<std::string> targets = target_names(system);
  std::uint64_t printed = 0;
  const auto room = [&] { return o.lines == 0 || printed++ < o.lines; };
  decision_listener listener;
  if (o.decisions) {
    std::fputs("time_s\taccess_point\ttarget\tslack_s\n", stdout);
    listener = [&](double now, std::uint32_t access_point, std::size_t target, double slack) {
      if (!room()) return;
      std::fputs(
          fmt::format("{:.2f}\t{}\t{}\t{:.3f}\n", now, access_point + 1, targets[target], slack)
              .c_str(),
          stdout);
    };
  }
  const muster::kmps::episode_options record;
  const muster::kmps::episode_result r =
      (learned ? learned->evaluate(*w, o.seed, record, listener)
               : run_rule(name, system, *w, o.seed, record, listener))
          .episode;
  if (!o.decisions) {
    std::fputs("slot\ttime_s\tarrived\tdone\tmissed\twaiting\trunning\tutilisation\n", stdout);
    for (std::size_t i = 0; i < r.series.size() && room(); ++i) {
      const auto& slot = r.series[i];
      // The last line gathers what was answered after the last arrival.
      std::fputs(fmt::format("{}\t{:.2f}\t{}\t{}\t{}\t{}\t{}\t{:.3f}\n", i,
                             static_cast<double>(i) * r.slot.seconds(), slot.arrived, slot.done,
                             slot.missed, slot.waiting, slot.running, slot.utilisation)
                     .c_str(),
                 stdout);
    }
  }
  std::fflush(stdout);
  std::fputs(
      fmt::format("muster: {}: {} arrived, {} on time ({:.2f} %), {} missed, {} waiting, "
                  "{} running\n",
                  name, r.arrived, r.done, r.throughput() * 100.0, r.missed, r.waiting, r.running)
          .c_str(),
      stderr);
  return exit_done;
}

}  // namespace cli
