// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>

#include <fmt/format.h>
#include <muster/stats/quantile.hpp>

#include "commands.hpp"
#include "evaluate.hpp"
#include "interrupt.hpp"
#include "prepare.hpp"
#include "registry.hpp"

namespace cli {

// Wall time of single decisions inside a running system, over its size. The load grows with
// the system, so that queues look alike; learners are untrained, which takes the same time.
int run_bench_decision(const options& o) {
  std::vector<std::string> all;
  for (const pipeline_info& p : pipelines()) {
    if (p.what != kind::bound) all.emplace_back(p.name);
  }
  auto names = pipelines_of(o, all, false);
  if (!names) return refuse(names.failure());
  auto traces = open_source(o);
  if (!traces) return refuse(traces.failure());

  constexpr std::array<std::uint32_t, 4> nodes_per_cluster{6, 22, 86, 342};
  constexpr std::size_t enough = 20'000;  // decisions timed per cell
  std::fputs(fmt::format("{:<22} {:>8} {:>10} {:>10} {:>10} {:>10}\n", "pipeline", "targets",
                         "p50 ns", "p90 ns", "p99 ns", "decisions")
                 .c_str(),
             stdout);
  for (const std::string& name : *names) {
    if (find_pipeline(name)->what == kind::bound) continue;
    for (const std::uint32_t nodes : nodes_per_cluster) {
      if (interrupted()) return exit_interrupted;
      const muster::env::edge_cloud_config system = system_of(nodes);
      // 10 requests/s per edge node, as many slots as give enough decisions.
      const double rate = 10.0 * system.nodes();
      const auto slots = static_cast<std::uint64_t>(std::max(8.0, enough / (rate * 0.25)));
      load l;
      l.rate = rate;
      l.surge = l.deadline_scale = 1.0;
      l.slots = slots;
      auto w = make_workload(*traces, rows::test, l, o.seed);
      if (!w) return refuse(w.failure());
      muster::kmps::episode_options record;
      record.time_every = 1;
      record.latencies = false;
      record.series = false;
      const muster::kmps::episode_result r =
          (find_pipeline(name)->what == kind::learned
               ? make_learner(name, {system, o.seed})->evaluate(*w, o.seed, record, {})
               : run_rule(name, system, *w, o.seed, record))
              .episode;
      std::vector<double> ns(r.decision_ns.begin(), r.decision_ns.end());
      if (ns.empty()) continue;
      std::sort(ns.begin(), ns.end());
      const auto at = [&](double q) { return muster::stats::quantile_sorted(ns, q); };
      std::fputs(fmt::format("{:<22} {:>8} {:>10.0f} {:>10.0f} {:>10.0f} {:>10}\n", name,
                             system.targets(), at(0.5), at(0.9), at(0.99), ns.size())
                     .c_str(),
                 stdout);
      std::fflush(stdout);
    }
  }
  return exit_done;
}

}  // namespace cli
