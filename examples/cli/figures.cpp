// SPDX-License-Identifier: Apache-2.0
#include "figures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <muster/report/heat_figure.hpp>
#include <muster/report/interval_figure.hpp>
#include <muster/report/line_figure.hpp>
#include <muster/stats/summary.hpp>

#include "registry.hpp"

namespace cli {
namespace {

namespace report = muster::report;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_curves = 7;    // more lines than this cannot be told apart
constexpr std::size_t most_columns = 25;  // of the utilisation strip

std::vector<const pipeline_summary*> by_throughput(const summary& s, bool with_bound) {
  std::vector<const pipeline_summary*> order;
  for (const pipeline_summary& p : s.pipelines) {
    if (with_bound || find_pipeline(p.name)->what != kind::bound) order.push_back(&p);
  }
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return a->mean("throughput") > b->mean("throughput");
  });
  return order;
}

// What learns, and the best of the rest, as many as one figure can show.
std::vector<const pipeline_summary*> shown_as_curves(const summary& s) {
  std::vector<const pipeline_summary*> order = by_throughput(s, false);
  std::stable_partition(order.begin(), order.end(), [](const auto* p) {
    return find_pipeline(p->name)->what == kind::learned;
  });
  if (order.size() > most_curves) order.resize(most_curves);
  return order;
}

std::vector<const run_record*> runs_of(const summary& s, const std::string& pipeline) {
  std::vector<const run_record*> runs;
  for (const run_record& r : s.runs) {
    if (r.pipeline == pipeline) runs.push_back(&r);
  }
  return runs;
}

// Mean over seeds, point by point, of a member of the time series.
std::vector<double> mean_series(const std::vector<const run_record*>& runs,
                                std::vector<double> time_series::*member) {
  std::vector<double> total;
  for (const run_record* r : runs) {
    const std::vector<double>& values = r->series.*member;
    if (total.empty()) total.assign(values.size(), 0.0);
    for (std::size_t i = 0; i < std::min(total.size(), values.size()); ++i) total[i] += values[i];
  }
  for (double& x : total) x /= static_cast<double>(runs.size());
  return total;
}

figure result_figure(const summary& s) {
  report::interval_figure f;
  f.x_label = "requests answered on time (%)";
  for (const pipeline_summary& p : s.pipelines) {
    if (find_pipeline(p.name)->what != kind::bound) continue;
    f.reference = p.mean("throughput") * 100.0;
    f.reference_label = "bound";
  }
  for (const pipeline_summary* p : by_throughput(s, false)) {
    const estimate* e = p->find("throughput");
    report::interval_row row;
    row.name = p->name;
    row.mean = e->mean * 100.0;
    row.low = e->interval.low * 100.0;
    row.high = e->interval.high * 100.0;
    if (e->values.size() > 1) {
      for (const double v : e->values) row.values.push_back(v * 100.0);
    }
    row.style = style_of(s, p->name);
    f.rows.push_back(std::move(row));
  }
  return {"result", "On time",
          "Mean and 95 % interval; the small points below are the single seeds. No scheduler can "
          "be right of the bound.",
          report::gnuplot_script(f, "result.svg")};
}

void add_learning(const summary& s, std::vector<figure>& figures) {
  report::line_figure f;
  f.x_label = "training episode";
  f.y_label = "answered on time (%)";
  for (const pipeline_summary& p : s.pipelines) {
    std::vector<std::vector<double>> by_episode;
    report::curve line;
    for (const run_record* r : runs_of(s, p.name)) {
      for (std::size_t i = 0; i < r->training.size(); ++i) {
        if (i >= by_episode.size()) {
          by_episode.emplace_back();
          line.x.push_back(static_cast<double>(r->training[i].episode));
        }
        for (const named_value& v : r->training[i].values) {
          if (v.name == "throughput") by_episode[i].push_back(v.value * 100.0);
        }
      }
    }
    if (by_episode.empty()) continue;
    line.name = p.name;
    line.style = style_of(s, p.name);
    for (const std::vector<double>& values : by_episode) {
      const double n = static_cast<double>(values.size());
      const double mean = values.empty() ? missing : muster::stats::mean(values);
      const double half = values.size() < 2 ? 0.0 : 1.96 * muster::stats::sd(values) / std::sqrt(n);
      line.y.push_back(mean);
      line.low.push_back(mean - half);
      line.high.push_back(mean + half);
    }
    f.curves.push_back(std::move(line));
  }
  if (f.curves.empty()) return;
  figures.push_back({"learning", "Learning",
                     "Share of training requests answered on time, while exploring; the band is "
                     "the mean plus and minus 1.96 standard errors over the seeds.",
                     report::gnuplot_script(f, "learning.svg")});
}

void add_throughput(const summary& s, std::vector<figure>& figures) {
  report::line_figure f;
  f.x_label = "simulated time (s)";
  f.y_label = "requests per second";
  f.y_low = 0.0;
  double seconds = 0.0;
  report::curve arrived;
  for (const pipeline_summary* p : shown_as_curves(s)) {
    const auto runs = runs_of(s, p->name);
    if (runs.empty() || runs.front()->series.done.empty()) continue;
    const time_series& first = runs.front()->series;
    seconds = runs.front()->simulated_seconds;
    std::vector<double> x;
    for (std::size_t i = 0; i < first.done.size(); ++i) {
      x.push_back((static_cast<double>(i) + 0.5) * first.point_seconds);
    }
    if (arrived.x.empty()) {
      arrived.name = "arriving";
      arrived.x = x;
      arrived.y = mean_series(runs, &time_series::arrived);
      arrived.style = -1;
      arrived.dashed = true;
      arrived.width = 1.0;
    }
    report::curve line;
    line.name = p->name;
    line.x = std::move(x);
    line.y = mean_series(runs, &time_series::done);
    line.style = style_of(s, p->name);
    line.width = find_pipeline(p->name)->what == kind::learned ? 2.6 : 1.5;
    f.curves.push_back(std::move(line));
  }
  if (f.curves.empty()) return;
  f.curves.push_back(std::move(arrived));
  f.x_low = 0.0;
  f.x_high = seconds;
  if (s.spec.surge > 1.0) {
    f.spans.push_back({s.spec.surge_from * seconds, s.spec.surge_to * seconds,
                       fmt::format("surge x{:g}", s.spec.surge)});
  }
  const std::size_t all = by_throughput(s, false).size();
  figures.push_back(
      {"throughput", "Throughput over time",
       fmt::format("Requests answered on time per second, mean over seeds{}. Dashed: what arrives.",
                   all > most_curves
                       ? fmt::format("; what learns and the best rules, {} of {}", most_curves, all)
                       : ""),
       report::gnuplot_script(f, "throughput.svg")});
}

void add_latency(const summary& s, std::vector<figure>& figures) {
  report::line_figure f;
  f.x_label = "end-to-end latency of answered requests (ms)";
  f.y_label = "answered within (%)";
  f.log_x = true;
  f.y_low = 0.0;
  f.y_high = 100.0;
  for (const pipeline_summary* p : shown_as_curves(s)) {
    report::curve line;
    std::size_t count = 0;
    for (const run_record* r : runs_of(s, p->name)) {
      if (r->latency_quantiles.empty()) continue;
      if (line.x.empty()) line.x.assign(r->latency_quantiles.size(), 0.0);
      for (std::size_t i = 0; i < std::min(line.x.size(), r->latency_quantiles.size()); ++i) {
        line.x[i] += r->latency_quantiles[i];
      }
      ++count;
    }
    if (count == 0) continue;
    for (std::size_t i = 0; i < line.x.size(); ++i) {
      line.x[i] = std::max(line.x[i] / static_cast<double>(count), 0.1);
      line.y.push_back(100.0 * static_cast<double>(i) / static_cast<double>(line.x.size() - 1));
    }
    line.name = p->name;
    line.style = style_of(s, p->name);
    line.width = find_pipeline(p->name)->what == kind::learned ? 2.6 : 1.5;
    f.curves.push_back(std::move(line));
  }
  if (f.curves.empty()) return;
  figures.push_back({"latency", "Latency",
                     "From arrival at the access point to the answer. Only answered requests "
                     "count, so a scheduler that drops the slow ones looks fast: read it with "
                     "the share answered on time.",
                     report::gnuplot_script(f, "latency.svg")});
}

void add_utilisation(const summary& s, std::vector<figure>& figures) {
  report::heat_figure f;
  f.x_label = "edge nodes (cluster.node) and cloud";
  double highest = 0.0;
  std::size_t group = 1;
  for (const pipeline_summary* p : by_throughput(s, false)) {
    const auto runs = runs_of(s, p->name);
    if (runs.empty() || runs.front()->target_busy.empty()) continue;
    const std::size_t targets = runs.front()->target_busy.size();
    const std::size_t edge = targets - 1;
    group = (edge + most_columns - 2) / (most_columns - 1);
    std::vector<double> busy(targets, 0.0);
    for (const run_record* r : runs) {
      for (std::size_t i = 0; i < std::min(targets, r->target_busy.size()); ++i) {
        busy[i] += r->target_busy[i] / static_cast<double>(runs.size());
      }
    }
    f.rows.push_back(p->name);
    const bool name_columns = f.columns.empty();
    for (std::size_t first = 0; first < targets;) {
      // The cloud is never mixed with nodes.
      const std::size_t last = first == edge ? targets : std::min(first + group, edge);
      double mean = 0.0;
      for (std::size_t i = first; i < last; ++i)
        mean += busy[i] / static_cast<double>(last - first);
      f.values.push_back(mean);
      f.texts.push_back(fmt::format("{:.0f}", mean * 100.0));
      highest = std::max(highest, mean);
      if (name_columns) {
        f.columns.push_back(first < s.target_names.size() ? s.target_names[first]
                                                          : std::to_string(first));
      }
      first = last;
    }
  }
  if (f.rows.empty()) return;
  f.high = std::max(highest, 0.05);
  figures.push_back(
      {"utilisation", "Utilisation",
       fmt::format("Busy share of each node's replicas in per cent, mean over seeds until the last "
                   "arrival{}.",
                   group > 1 ? fmt::format("; columns are groups of {} nodes", group) : ""),
       report::gnuplot_script(f, "utilisation.svg")});
}

void add_map(const summary& s, std::vector<figure>& figures) {
  if (s.map.empty()) return;
  report::heat_figure f;
  f.x_label = "rate outside the surge (requests/s)";
  f.y_label = "deadline scale";
  f.row_height = 44;
  for (const double rate : s.spec.map_rates) f.columns.push_back(fmt::format("{:g}", rate));
  for (const double scale : s.spec.map_scales) f.rows.push_back(fmt::format("{:g}", scale));
  double highest = 0.0;
  for (const map_cell& c : s.map) {
    const double gap = 1.0 - c.best / c.bound;
    highest = std::max(highest, gap);
    f.values.push_back(gap);
    f.texts.push_back(fmt::format("{:.1f} % {}", gap * 100.0, c.best_rule));
  }
  f.high = std::max(highest, 0.01);
  figures.push_back({"map", "Where rules fall short",
                     "Part of the bound's on-time requests that the best rule loses, and which "
                     "rule that is. Schedulers can only be told apart where it is a few per cent.",
                     report::gnuplot_script(f, "map.svg")});
}

}  // namespace

int style_of(const summary& s, const std::string& pipeline) {
  std::vector<std::string> order;
  for (const kind wanted : {kind::learned, kind::rule}) {
    for (const std::string& name : s.spec.pipelines) {
      if (find_pipeline(name)->what == wanted) order.push_back(name);
    }
  }
  const auto it = std::find(order.begin(), order.end(), pipeline);
  return it == order.end() ? -1 : static_cast<int>(it - order.begin());
}

std::vector<figure> make_figures(const summary& s) {
  std::vector<figure> figures;
  add_map(s, figures);
  const bool any_rule = std::any_of(s.runs.begin(), s.runs.end(), [](const run_record& r) {
    return !r.metrics.empty() && find_pipeline(r.pipeline)->what != kind::bound;
  });
  if (any_rule) {
    figures.push_back(result_figure(s));
    add_throughput(s, figures);
  }
  add_learning(s, figures);
  if (any_rule) {
    add_latency(s, figures);
    add_utilisation(s, figures);
  }
  return figures;
}

}  // namespace cli
