// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/dispatch_view.hpp>
#include <muster/env/detail/edge_flows.hpp>
#include <muster/env/edge_cloud_config.hpp>
#include <muster/env/edge_cloud_record.hpp>

namespace muster::inline MUSTER_ABI::env::detail {

/// The books of edge_cloud: the workload, what each request and target is doing, and the
/// counts. It knows no queues and no events; whoever moves a request writes it here.
class edge_books {
 public:
  using config = edge_cloud_config;

  /// Numbers at the current time; arrived == done + missed + waiting + running.
  [[nodiscard]] const edge_cloud_counts& counts() const noexcept { return counts_; }
  /// Misses by reason; they add up to counts().missed.
  [[nodiscard]] const edge_cloud_misses& misses() const noexcept { return misses_; }
  [[nodiscard]] const config& settings() const noexcept { return config_; }
  [[nodiscard]] const target_table& table() const noexcept { return table_; }
  [[nodiscard]] instant now() const noexcept { return now_; }
  [[nodiscard]] duration horizon() const noexcept { return horizon_ - instant{}; }
  [[nodiscard]] std::size_t access_points() const noexcept { return config_.clusters; }
  /// The requests by number, and what became of each.
  [[nodiscard]] std::span<const job> requests() const noexcept { return jobs_; }
  [[nodiscard]] std::span<const std::uint32_t> origins() const noexcept { return origin_; }
  [[nodiscard]] std::span<const request_record> records() const noexcept { return records_; }
  /// Slots of the horizon and one bin for what happens after it.
  [[nodiscard]] std::size_t bins() const noexcept { return bins_; }
  [[nodiscard]] const slot_tally& tally(std::size_t bin, std::size_t access_point) const noexcept {
    return tallies_[bin * config_.clusters + access_point];
  }
  /// Replica time used in a bin, us, all targets.
  [[nodiscard]] std::int64_t busy_in_bin(std::size_t bin) const noexcept {
    return busy_by_bin_[bin];
  }
  /// Replicas of all targets that serve at time 0, and how many more or fewer after each bin.
  [[nodiscard]] std::int64_t replicas_at_start() const noexcept { return replicas_at_start_; }
  [[nodiscard]] std::int64_t replica_change_in_bin(std::size_t bin) const noexcept {
    return replica_changes_[bin];
  }
  /// Replica time a target had to offer until the horizon.
  [[nodiscard]] duration replica_time(std::size_t target) const noexcept {
    return duration{offered_[target]};
  }
  [[nodiscard]] const target_use& use_of(std::size_t target) const noexcept {
    return busy_[target];
  }
  /// Energy of the episode so far, J: idle power of all nodes until the horizon (or the last
  /// finish, if later), the share of the cores held on top, and two messages per request sent.
  [[nodiscard]] double energy_j() const noexcept {
    const double nodes = config_.nodes() + static_cast<double>(config_.cloud_nodes);
    double core_ms = 0.0;
    for (const target_use& use : busy_) core_ms += use.core_milliseconds;
    const double span = ((std::max)(horizon_, last_finish_) - instant{}).seconds();
    const double messages = static_cast<double>(counts_.dispatched[0] + counts_.dispatched[1]) +
                            static_cast<double>(counts_.dispatched[2]) * config_.wan_energy_factor;
    return config_.idle_power * nodes * span +
           (config_.peak_power - config_.idle_power) / config_.node_cpu * core_ms * 1e-3 +
           2.0 * messages * config_.message_energy;
  }
  [[nodiscard]] std::size_t bin_of(instant t) const noexcept {
    const auto b = static_cast<std::size_t>(t.us / config_.slot.us);
    return b < bins_ ? b : bins_ - 1;
  }

 protected:
  static constexpr std::uint32_t request_limit = 1U << 30;

  explicit edge_books(config c) : config_{std::move(c)}, deployment_{deployment_of(config_)} {
    const config& k = config_;
    MUSTER_EXPECTS(k.clusters > 0 && k.nodes_per_cluster > 0 && k.cloud_nodes > 0 && k.services > 0,
                   "muster: env::edge_cloud has a count of 0; write positive counts");
    MUSTER_EXPECTS(k.slot.us > 0 && k.long_slot.us >= 0 && k.long_slot.us % k.slot.us == 0,
                   "muster: env::edge_cloud has a bad slot; write slot > 0 and long_slot as a "
                   "multiple of it");
    MUSTER_EXPECTS(k.frame.us >= 0 && k.frame.us % k.slot.us == 0 && k.replica_start.us >= 0,
                   "muster: env::edge_cloud has a bad frame; write it as a multiple of slot, or 0 "
                   "for never, and replica_start >= 0");
    MUSTER_EXPECTS(k.scheduling.aggregate.us >= 0 && k.scheduling.per_decision.us >= 0,
                   "muster: env::edge_cloud has a negative scheduling cost; write times >= 0");
    for (const outage& o : k.outages) {
      MUSTER_EXPECTS(o.cluster < k.clusters && o.from <= o.until && o.until != never,
                     "muster: env::edge_cloud has a bad outage; write a cluster of the system and "
                     "from <= until, which must come");
    }
    MUSTER_EXPECTS(k.lan.us >= 0 && k.cross.us >= 0 && k.wan.us >= 0,
                   "muster: env::edge_cloud has a negative latency; write one-way latencies >= 0");
    rows_.resize(k.targets());
    cells_.resize(rows_.size() * k.services);
    busy_.resize(rows_.size());
  }
  // The table refers to rows and cells, so a copy would look at the books of its original.
  edge_books(edge_books&&) = default;
  edge_books& operator=(edge_books&&) = default;
  ~edge_books() = default;

  template <class Arrival>
  void take(std::span<const Arrival> arrivals, duration horizon) {
    MUSTER_EXPECTS(horizon.us > 0, "muster: env::edge_cloud::load needs a horizon > 0");
    jobs_.clear();
    origin_.clear();
    horizon_ = instant{} + horizon;
    instant last{};
    for (const Arrival& a : arrivals) {
      MUSTER_EXPECTS(a.request.arrival >= last,
                     "muster: env::edge_cloud::load needs arrivals sorted by time, from 0 on");
      MUSTER_EXPECTS(static_cast<std::size_t>(a.access_point) < config_.clusters &&
                         index_of(a.request.service) < config_.services,
                     "muster: env::edge_cloud::load has an access point or service out of range; "
                     "number them from 0 and raise clusters or services");
      last = a.request.arrival;
      if (last >= horizon_) break;
      job j = a.request;
      j.id = job_id{jobs_.size()};
      j.urgent = false;
      jobs_.push_back(j);
      origin_.push_back(static_cast<std::uint32_t>(a.access_point));
    }
    MUSTER_EXPECTS(jobs_.size() < request_limit,
                   "muster: env::edge_cloud takes fewer than 2^30 requests; split the workload");
    // One more bin than slots: it holds all that happens after the horizon.
    bins_ = static_cast<std::size_t>((horizon.us + config_.slot.us - 1) / config_.slot.us) + 1;
  }

  void reset_books() {
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      const double nodes = r + 1 == rows_.size() ? config_.cloud_nodes : 1.0;
      target_table::row& row = rows_[r];
      row = {};
      row.speed = r < config_.speed.size() ? config_.speed[r] : 1.0;
      MUSTER_EXPECTS(row.speed > 0.0, "muster: env::edge_cloud has a speed <= 0");
      row.cpu_total = milli(nodes * config_.node_cpu);
      row.memory_total = milli(nodes * config_.node_memory);
      for (std::size_t w = 0; w < config_.services; ++w) {
        target_table::cell& cell = cells_[r * config_.services + w];
        cell = {};
        cell.replicas = deployment_[r * config_.services + w];
        row.memory_used += cell.replicas * milli(config_.replica_memory);
      }
      MUSTER_EXPECTS(row.memory_used <= row.memory_total,
                     "muster: env::edge_cloud deploys more replicas than a node has memory for; "
                     "lower replica_memory or the deployment");
    }
    table_ = {rows_, cells_, config_.services};
    flows_.reset(config_.clusters, rows_.size(), config_.services);
    offered_.assign(rows_.size(), 0);
    replica_changes_.assign(bins_, 0);
    replicas_at_start_ = 0;
    for (std::size_t c = 0; c < cells_.size(); ++c) {
      offered_[c / config_.services] += cells_[c].replicas * (horizon_ - instant{}).us;
      replicas_at_start_ += cells_[c].replicas;
    }
    busy_.assign(rows_.size(), {});
    records_.assign(jobs_.size(), {});
    tallies_.assign(bins_ * config_.clusters, {});
    busy_by_bin_.assign(bins_, 0);
    counts_ = {};
    misses_ = {};
    now_ = {};
    last_finish_ = {};
  }

  static std::int64_t milli(double x) noexcept { return static_cast<std::int64_t>(x * 1e3 + 0.5); }
  std::size_t cell_of(std::size_t target, const job& j) const noexcept {
    return target * config_.services + index_of(j.service);
  }
  slot_tally& tally_now(std::uint32_t id, instant t) noexcept {
    return tallies_[bin_of(t) * config_.clusters + origin_[id]];
  }
  /// Counts a request as waiting at its target, or no longer.
  void book(std::uint32_t id, int sign) noexcept {
    const job& j = jobs_[id];
    target_table::cell& cell = cells_[cell_of(records_[id].target, j)];
    cell.waiting += static_cast<std::uint32_t>(sign);
    cell.work_waiting += sign * j.work.us;
    rows_[records_[id].target].queue_length += static_cast<std::uint32_t>(sign);
  }
  bool fits(std::size_t target, const job& j) const noexcept {
    const target_table::row& row = rows_[target];
    return row.cpu_used + milli(static_cast<double>(j.cpu)) <= row.cpu_total &&
           row.memory_used + milli(static_cast<double>(j.memory)) <= row.memory_total;
  }
  /// One replica more (+1) or fewer (-1) serves from now on.
  void count_replica(std::size_t cell, int sign, instant t) noexcept {
    cells_[cell].replicas += static_cast<std::uint32_t>(sign);
    replica_changes_[bin_of(t)] += sign;
    offered_[cell / config_.services] += sign * (horizon_ - (std::min)(t, horizon_)).us;
  }
  void account_use(std::size_t target, const job& j, instant from, instant to) noexcept {
    target_use& use = busy_[target];
    flows_.ran(cell_of(target, j), to - from,
               static_cast<double>(j.cpu) * (to - from).milliseconds());
    last_finish_ = (std::max)(last_finish_, to);
    const duration inside = (std::min)(to, horizon_) - (std::min)(from, horizon_);
    use.replica_time += inside;
    use.core_milliseconds += static_cast<double>(j.cpu) * (to - from).milliseconds();
    std::size_t bin = bin_of(from);
    while (from < to) {
      const instant edge =
          bin + 1 < bins_ ? instant{static_cast<std::int64_t>(bin + 1) * config_.slot.us} : to;
      const instant end = (std::min)(to, edge);
      busy_by_bin_[bin] += (end - from).us;
      from = end;
      ++bin;
    }
  }
  void miss_waiting(std::uint32_t id, instant t, request_state reason) noexcept {
    records_[id].state = reason;
    records_[id].finished = t;
    flows_.miss(index_of(jobs_[id].service));
    if (reason != request_state::expired_at_access) flows_.miss_at(records_[id].target);
    --counts_.waiting;
    ++counts_.missed;
    ++tally_now(id, t).dropped;
    if (reason == request_state::expired_at_access) ++misses_.expired_at_access;
    if (reason == request_state::expired_at_target) ++misses_.expired_at_target;
    if (reason == request_state::hopeless_at_target) ++misses_.hopeless_at_target;
  }
  /// Order in a queue has no meaning, so the last one fills the gap.
  static void remove(std::vector<job>& queue, std::size_t i) noexcept {
    queue[i] = queue.back();
    queue.pop_back();
  }

  config config_;
  std::vector<std::uint32_t> deployment_;
  std::vector<job> jobs_;
  std::vector<std::uint32_t> origin_;
  std::vector<request_record> records_;
  instant horizon_{};
  std::size_t bins_ = 1;
  std::vector<target_table::row> rows_;
  std::vector<target_table::cell> cells_;
  target_table table_;
  std::vector<target_use> busy_;
  std::vector<slot_tally> tallies_;
  std::vector<std::int64_t> busy_by_bin_;
  edge_flows flows_;
  std::vector<std::int64_t> offered_;          // replica time by target until the horizon, us
  std::vector<std::int64_t> replica_changes_;  // by bin
  std::int64_t replicas_at_start_ = 0;
  edge_cloud_counts counts_;
  edge_cloud_misses misses_;
  instant now_{};
  instant last_finish_{};
};

}  // namespace muster::inline MUSTER_ABI::env::detail
