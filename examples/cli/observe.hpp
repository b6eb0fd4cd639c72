// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include <muster/kmps/energy.hpp>
#include <muster/kmps/throughput_by_frame.hpp>
#include <muster/stats/summary.hpp>

#include "run_record.hpp"
#include "workload.hpp"

namespace cli {

/// Numbers of an episode that an episode_result does not have: emergencies, energy by request, how
/// busy clusters were, how steady the frames.
template <class Env>
[[nodiscard]] std::vector<named_value> observe(const Env& e, const workload& w) {
  std::vector<named_value> values;
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const auto share = [](double part, double whole) { return whole > 0.0 ? part / whole : none; };

  const auto records = e.records();
  const auto requests = e.requests();
  const auto in_time = [&](std::size_t i) {
    return records[i].answered_at_all() && records[i].answered <= requests[i].deadline;
  };
  if (!w.emergencies.empty()) {
    double met = 0.0;
    for (const std::uint32_t i : w.emergencies) met += in_time(i) ? 1.0 : 0.0;
    const auto all = static_cast<double>(w.emergencies.size());
    values.push_back({"emergencies", all});
    values.push_back({"emergency_throughput", share(met, all)});
  }

  muster::kmps::request_energy::config c;
  c.idle_power = e.settings().idle_power;
  c.peak_power = e.settings().peak_power;
  c.node_cpu = e.settings().node_cpu;
  const auto account = muster::kmps::request_energy{c}.of(e);
  values.push_back({"dynamic_j_per_inference", account.per_inference()});
  values.push_back({"compute_j", account.compute_j});
  values.push_back({"transmission_j", account.transmission_j});
  values.push_back({"cluster_cpu_use", account.mean_use()});
  values.push_back({"cluster_cpu_use_highest", account.highest_use()});

  // Scheduling: until the request leaves, and both ways; from its arrival, and from the slot in
  // which the scheduler takes it.
  double scheduling = 0.0, decided = 0.0, answered = 0.0, cross = 0.0, crossed = 0.0;
  const std::int64_t slot = e.settings().slot.us;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!records[i].answered_at_all()) continue;
    const double ways =
        (records[i].travel + (records[i].answered - records[i].finished)).milliseconds();
    const muster::instant taken{(requests[i].arrival.us + slot - 1) / slot * slot};
    const double own = (records[i].dispatched - taken).milliseconds() + ways;
    scheduling += (records[i].dispatched - requests[i].arrival).milliseconds() + ways;
    decided += own;
    answered += 1.0;
    const bool edge = records[i].target < e.settings().nodes();
    if (edge && records[i].target / e.settings().nodes_per_cluster != e.origins()[i]) {
      cross += own;
      crossed += 1.0;
    }
  }
  values.push_back({"scheduling_ms_mean", share(scheduling, answered)});
  values.push_back({"decided_ms_mean", share(decided, answered)});
  values.push_back({"cross_decided_ms_mean", share(cross, crossed)});

  // How steady the frames are, where there are several.
  constexpr muster::duration usual = muster::seconds(25);  // the paper's
  std::vector<double> frames;
  for (const auto& f : muster::kmps::throughput_by_frame(
           e, e.settings().frame.us > 0 ? e.settings().frame : usual)) {
    if (f.arrived > 0) frames.push_back(f.throughput());
  }
  if (frames.size() > 1) {
    values.push_back({"frame_throughput_lowest", *std::min_element(frames.begin(), frames.end())});
    values.push_back({"frame_throughput_sd", muster::stats::sd(frames)});
  }
  return values;
}

}  // namespace cli
