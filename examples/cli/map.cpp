// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <mutex>
#include <optional>

#include <fmt/format.h>

#include "commands.hpp"
#include "evaluate.hpp"
#include "interrupt.hpp"
#include "out_folder.hpp"
#include "outputs.hpp"
#include "parallel.hpp"
#include "prepare.hpp"
#include "progress.hpp"
#include "registry.hpp"

namespace cli {
namespace {

struct cell_result {
  std::vector<double> throughput;  ///< by rule, mean over seeds
  double bound = 0.0;
};

// The load is chosen before anything is trained, so the map looks at the training part: the
// test part stays unseen until the comparison.
muster::result<cell_result> measure(const muster::env::edge_cloud_config& system, const source& s,
                                    const std::vector<std::string>& rules, const load& l,
                                    const std::vector<std::uint64_t>& seeds) {
  muster::kmps::episode_options record;
  record.latencies = false;
  record.series = false;
  cell_result r;
  r.throughput.assign(rules.size(), 0.0);
  const double n = static_cast<double>(seeds.size());
  for (const std::uint64_t seed : seeds) {
    auto w = make_workload(s, rows::training, l, seed);
    if (!w) return w.failure();
    for (std::size_t k = 0; k < rules.size(); ++k) {
      r.throughput[k] += run_rule(rules[k], system, *w, seed, record).episode.throughput() / n;
    }
    r.bound += run_bound(system, *w, seed).metric("throughput") / n;
  }
  return r;
}

std::string text_map(const summary& s) {
  std::string out = "lost to the bound by the best rule, % (which rule)\n\n";
  out += fmt::format("{:>16}", "deadlines \\ rate");
  for (const double rate : s.spec.map_rates)
    out += fmt::format("{:>20}", fmt::format("{:g}/s", rate));
  out += '\n';
  std::size_t i = 0;
  for (const double scale : s.spec.map_scales) {
    out += fmt::format("{:>16}", fmt::format("x{:g}", scale));
    for (std::size_t c = 0; c < s.spec.map_rates.size(); ++c, ++i) {
      const map_cell& cell = s.map[i];
      out += fmt::format(
          "{:>20}",
          fmt::format("{:.2f} ({})", (1.0 - cell.best / cell.bound) * 100.0, cell.best_rule));
    }
    out += '\n';
  }
  return out;
}

}  // namespace

int run_map(const options& o) {
  std::vector<std::string> all_rules;
  for (const pipeline_info& p : pipelines()) {
    if (p.what == kind::rule) all_rules.emplace_back(p.name);
  }
  auto names = pipelines_of(o, all_rules, false);
  if (!names) return refuse(names.failure());
  std::vector<std::string> rules;
  for (const std::string& name : *names) {
    if (find_pipeline(name)->what == kind::rule) rules.push_back(name);
  }
  if (rules.empty()) {
    return refuse({"no rule among the pipelines", "", 0, "--pipelines",
                   "at least one rule, such as least_queue"});
  }
  auto traces = open_source(o);
  if (!traces) return refuse(traces.failure());

  run_spec spec = spec_of(o, "map", rules, *traces);
  spec.map_rates =
      o.map_rates.empty() ? std::vector<double>{50, 100, 200, 300, 450, 600} : o.map_rates;
  spec.map_scales =
      o.map_scales.empty() ? std::vector<double>{0.02, 0.05, 0.1, 0.2, 0.5, 1.0} : o.map_scales;
  load heaviest = load_of(o);
  heaviest.rate = spec.map_rates.back();
  if (auto w = make_workload(*traces, rows::training, heaviest, o.seed); !w) {
    return refuse(w.failure());
  }
  auto out = out_folder::check(o, spec);
  if (!out) return refuse(out.failure());

  summary s;
  s.command_line = command_line(o);
  s.notes = traces->notes;
  s.target_names = target_names(system_of(o));
  for (const double scale : spec.map_scales) {
    for (const double rate : spec.map_rates) s.map.push_back({rate, scale, "", 0.0, 0.0});
  }
  s.spec = std::move(spec);

  double units = 0.0;
  for (const map_cell& c : s.map) units += c.rate;
  progress bar{units};
  std::mutex mutex;
  std::optional<muster::error> failure;
  parallel(s.map.size(), o.threads, [&](std::size_t i) {
    if (interrupted()) return;
    map_cell& cell = s.map[i];
    load l = load_of(o);
    l.rate = cell.rate;
    l.deadline_scale = cell.deadline_scale;
    auto r = measure(system_of(o), *traces, rules, l, seeds_of(o));
    if (!r) {
      const std::lock_guard lock{mutex};
      failure = r.failure();
      return;
    }
    const auto best = std::max_element(r->throughput.begin(), r->throughput.end());
    cell.best = *best;
    cell.best_rule = rules[static_cast<std::size_t>(best - r->throughput.begin())];
    cell.bound = r->bound;
    bar.advance(cell.rate,
                fmt::format("rate {:g}, deadlines x{:g}", cell.rate, cell.deadline_scale));
  });
  bar.finish();
  if (failure) return refuse(*failure);
  if (interrupted()) {
    std::fputs("muster: interrupted; a map is quick, so nothing is kept\n", stderr);
    return exit_interrupted;
  }
  const auto fail = [](const muster::error& why) {
    refuse(why);
    return exit_failed;
  };
  if (auto ok = out->begin(); !ok) return fail(ok.failure());
  if (auto ok = write_outputs(s, *out); !ok) return fail(ok.failure());
  if (auto ok = out->complete(); !ok) return fail(ok.failure());
  std::fputs(text_map(s).c_str(), stdout);
  std::fputs(fmt::format("\nreport: {}\n", out->path("report.html")).c_str(), stdout);
  return exit_done;
}

}  // namespace cli
