// SPDX-License-Identifier: Apache-2.0
#include "run_record.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>

#include <muster/stats/quantile.hpp>

namespace cli {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_points = 240;     // of a time series
constexpr std::size_t quantile_steps = 200;  // of a latency distribution

double find(const std::vector<named_value>& values, std::string_view name) noexcept {
  for (const named_value& v : values) {
    if (v.name == name) return v.value;
  }
  return missing;
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

time_series thin(const muster::kmps::episode_result& e) {
  time_series s;
  // The last sample holds all that came after the horizon: not a slot, so not in the curves.
  const std::size_t slots = e.series.empty() ? 0 : e.series.size() - 1;
  const std::size_t group = std::max<std::size_t>(1, (slots + most_points - 1) / most_points);
  s.point_slots = group;
  s.point_seconds = e.slot.seconds() * static_cast<double>(group);
  for (std::size_t first = 0; first < slots; first += group) {
    const std::size_t last = std::min(first + group, slots);
    double arrived = 0, done = 0, missed = 0, use = 0;
    for (std::size_t i = first; i < last; ++i) {
      arrived += e.series[i].arrived;
      done += e.series[i].done;
      missed += e.series[i].missed;
      use += static_cast<double>(e.series[i].utilisation);
    }
    const double count = static_cast<double>(last - first);
    const double seconds = e.slot.seconds() * count;
    s.arrived.push_back(arrived / seconds);
    s.done.push_back(done / seconds);
    s.missed.push_back(missed / seconds);
    s.waiting.push_back(e.series[last - 1].waiting);
    s.running.push_back(e.series[last - 1].running);
    s.utilisation.push_back(use / count);
  }
  return s;
}

}  // namespace

double run_record::metric(std::string_view name) const noexcept { return find(metrics, name); }
double run_record::timing(std::string_view name) const noexcept { return find(timings, name); }

run_record make_record(std::string pipeline, std::uint64_t seed, tested test, double wall_seconds) {
  muster::kmps::episode_result& what = test.episode;
  run_record r;
  r.pipeline = std::move(pipeline);
  r.seed = seed;
  r.simulated_seconds = what.horizon.seconds();
  r.series = thin(what);
  for (const float busy : what.target_busy) r.target_busy.push_back(static_cast<double>(busy));
  r.timeline = std::move(what.timeline);

  std::vector<double> latency(what.e2e_ms.begin(), what.e2e_ms.end());
  std::sort(latency.begin(), latency.end());
  const auto at = [&](double q) {
    return latency.empty() ? missing : muster::stats::quantile_sorted(latency, q);
  };
  if (!latency.empty()) {
    for (std::size_t i = 0; i <= quantile_steps; ++i) {
      r.latency_quantiles.push_back(at(static_cast<double>(i) / quantile_steps));
    }
  }
  const auto add = [&](const char* name, double value) { r.metrics.push_back({name, value}); };
  const auto count = [&](const char* name, std::uint64_t value) {
    add(name, static_cast<double>(value));
  };
  count("arrived", what.arrived);
  count("done", what.done);
  count("missed", what.missed);
  count("waiting", what.waiting);
  count("running", what.running);
  add("throughput", what.throughput());
  count("missed_at_access", what.missed_at_access);
  count("missed_at_node", what.missed_at_node);
  count("missed_late", what.missed_late);
  add("e2e_ms_mean", latency.empty() ? missing : what.e2e_ms_mean);
  add("e2e_ms_p50", at(0.50));
  add("e2e_ms_p95", at(0.95));
  add("e2e_ms_p99", at(0.99));
  add("decision_ms_mean", what.decision_ms_mean);
  add("transmission_ms_mean", what.transmission_ms_mean);
  add("queueing_ms_mean", what.queueing_ms_mean);
  add("execution_ms_mean", what.execution_ms_mean);
  add("cross_cluster_ms_mean", what.cross_cluster_ms_mean);
  add("utilisation", what.utilisation);
  add("energy_j", what.energy_j);
  add("energy_j_per_request", what.energy_j_per_request());
  const std::uint64_t sent = what.to_own + what.to_neighbour + what.to_cloud;
  count("decisions", what.decisions);
  count("urgent_offered", what.urgent_offered);
  count("relocated", what.relocated);
  count("replica_changes", what.replica_changes);
  add("share_own", share(what.to_own, sent));
  add("share_neighbour", share(what.to_neighbour, sent));
  add("share_cloud", share(what.to_cloud, sent));

  for (named_value& v : test.more) r.metrics.push_back(std::move(v));

  std::vector<double> ns(what.decision_ns.begin(), what.decision_ns.end());
  std::sort(ns.begin(), ns.end());
  const auto time_at = [&](double q) {
    return ns.empty() ? missing : muster::stats::quantile_sorted(ns, q);
  };
  r.timings = {{"decision_ns_p50", time_at(0.50)},
               {"decision_ns_p99", time_at(0.99)},
               {"wall_seconds", wall_seconds}};
  if (!test.plan_ns.empty()) {
    std::vector<double> plans(test.plan_ns.begin(), test.plan_ns.end());
    std::sort(plans.begin(), plans.end());
    r.timings.push_back({"plan_ns_p50", muster::stats::quantile_sorted(plans, 0.50)});
    r.timings.push_back({"plan_ns_p99", muster::stats::quantile_sorted(plans, 0.99)});
  }
  return r;
}

run_record make_bound_record(std::uint64_t seed, std::uint64_t arrived, std::uint64_t on_time,
                             std::uint64_t infeasible, double horizon_seconds) {
  run_record r;
  r.pipeline = "clairvoyant";
  r.seed = seed;
  r.simulated_seconds = horizon_seconds;
  const auto number = [](std::uint64_t n) { return static_cast<double>(n); };
  r.metrics = {{"arrived", number(arrived)},
               {"done", number(on_time)},
               {"missed", number(arrived - on_time)},
               {"waiting", 0.0},
               {"running", 0.0},
               {"throughput", arrived == 0 ? 1.0 : number(on_time) / number(arrived)},
               {"infeasible", number(infeasible)}};
  return r;
}

}  // namespace cli
