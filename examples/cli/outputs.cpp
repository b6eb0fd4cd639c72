// SPDX-License-Identifier: Apache-2.0
#include "outputs.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <muster/report/chrome_trace.hpp>
#include <muster/report/csv.hpp>
#include <muster/report/lanes.hpp>

#include "figures.hpp"
#include "files.hpp"
#include "html.hpp"
#include "run_store.hpp"

namespace cli {

std::string metrics_csv(const summary& s) {
  muster::report::csv_table table{muster::report::metric_header};
  for (const run_record& r : s.runs) {
    const std::string train = fmt::format("train-{}-{}", r.pipeline, r.seed);
    for (const training_point& p : r.training) {
      for (const named_value& v : p.values) {
        append(table, {train, r.pipeline, r.seed, p.episode, v.name, v.value});
      }
    }
    const std::string test = fmt::format("test-{}-{}", r.pipeline, r.seed);
    const auto series = [&](const char* name, const std::vector<double>& values) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        append(table, {test, r.pipeline, r.seed, i * r.series.point_slots, name, values[i]});
      }
    };
    series("arrived_per_s", r.series.arrived);
    series("done_per_s", r.series.done);
    series("missed_per_s", r.series.missed);
    series("waiting_now", r.series.waiting);
    series("running_now", r.series.running);
    series("utilisation_now", r.series.utilisation);
    for (std::size_t i = 0; i < r.target_busy.size(); ++i) {
      append(table, {test, r.pipeline, r.seed, i, "target_busy", r.target_busy[i]});
    }
    for (const named_value& v : r.metrics) {
      append(table, {test, r.pipeline, r.seed, s.spec.slots, v.name, v.value});
    }
  }
  for (const map_cell& c : s.map) {
    const std::string run = fmt::format("map-{:g}-{:g}", c.rate, c.deadline_scale);
    append(table, {run, c.best_rule, s.spec.seed, s.spec.slots, "best_rule_throughput", c.best});
    append(table, {run, "clairvoyant", s.spec.seed, s.spec.slots, "bound_throughput", c.bound});
  }
  return table.text();
}

std::string timings_csv(const summary& s) {
  muster::report::csv_table table{muster::report::metric_header};
  for (const run_record& r : s.runs) {
    const std::string run = fmt::format("test-{}-{}", r.pipeline, r.seed);
    for (const named_value& v : r.timings) {
      append(table, {run, r.pipeline, r.seed, s.spec.slots, v.name, v.value});
    }
  }
  return table.text();
}

std::string timeline_json(const summary& s) {
  muster::report::chrome_trace trace;
  const auto it = std::find_if(s.runs.begin(), s.runs.end(),
                               [](const run_record& r) { return !r.timeline.empty(); });
  if (it == s.runs.end()) return trace.document();
  const run_record& run = *it;
  std::vector<muster::kmps::run_span> spans = run.timeline;
  std::sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) {
    return a.start != b.start ? a.start < b.start : a.request < b.request;
  });
  // A cluster is a process; the name of a target is "cluster.node" or "cloud".
  const auto cluster_of = [&](std::uint32_t target) -> std::uint32_t {
    const std::string& name = s.target_names.at(target);
    const std::size_t point = name.find('.');
    return point == std::string::npos
               ? 0
               : static_cast<std::uint32_t>(std::stoul(name.substr(0, point)));
  };
  constexpr std::uint32_t lanes_each = 1000;  // thread number = target x this + lane
  std::map<std::uint32_t, muster::report::lanes> lanes;
  std::map<std::pair<std::uint32_t, std::uint32_t>, bool> named;
  std::map<std::uint32_t, bool> processes;
  std::string events;
  for (const auto& span : spans) {
    const std::uint32_t process = cluster_of(span.target);
    const std::uint32_t lane = lanes[span.target].place(span.start, span.finish);
    const std::uint32_t thread = span.target * lanes_each + lane;
    if (!processes[process]) {
      processes[process] = true;
      trace.name_process(process, process == 0 ? "cloud" : fmt::format("cluster {}", process),
                         process == 0 ? 1000 : process);
    }
    bool& known = named[{span.target, lane}];
    if (!known) {
      known = true;
      const std::string& target = s.target_names.at(span.target);
      trace.name_thread(process, thread,
                        process == 0 ? fmt::format("cloud, slot {}", lane + 1)
                                     : fmt::format("node {}, slot {}", target, lane + 1),
                        thread);
    }
    trace.slice(process, thread, fmt::format("service {}", span.service + 1),
                span.on_time ? "on time" : "late", span.start, span.finish - span.start,
                fmt::format("\"request\":{},\"on_time\":{}", span.request, span.on_time));
  }
  const double horizon = run.simulated_seconds;
  if (s.spec.surge > 1.0) {
    const auto at = [&](double part) {
      return muster::instant{} + muster::from_seconds(part * horizon);
    };
    trace.mark("surge begins", at(s.spec.surge_from));
    trace.mark("surge ends", at(s.spec.surge_to));
  }
  for (std::size_t i = 0; i < run.series.waiting.size(); ++i) {
    const auto when = muster::instant{} +
                      muster::from_seconds(static_cast<double>(i + 1) * run.series.point_seconds);
    trace.counter(0, "waiting requests", when, run.series.waiting[i]);
    trace.counter(0, "on time per second", when, run.series.done[i]);
  }
  return trace.document();
}

muster::result<void> write_outputs(const summary& s, const out_folder& out) {
  for (const auto& [name, text] :
       {std::pair{"metrics.csv", metrics_csv(s)}, std::pair{"timings.csv", timings_csv(s)},
        std::pair{"summary.json", summary_json(s)}, std::pair{"timeline.json", timeline_json(s)}}) {
    if (auto ok = write_file(out.path(name), text); !ok) return ok;
  }
  const std::vector<figure> figures = make_figures(s);
  std::string problem;
  const std::vector<std::string> pictures = draw(figures, out.path("figures"), problem);
  if (auto ok = write_file(out.path("report.html"), report_html(s, figures, pictures, problem));
      !ok) {
    return ok;
  }
  if (!problem.empty()) std::fputs(fmt::format("muster: {}\n", problem).c_str(), stderr);
  return {};
}

}  // namespace cli
