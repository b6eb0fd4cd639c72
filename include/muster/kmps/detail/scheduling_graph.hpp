// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/dispatch_view.hpp>
#include <muster/control/flow_network.hpp>
#include <muster/core/job.hpp>

namespace muster::inline MUSTER_ABI::kmps::detail {

/// The flow network of one scheduling round: requests, aggregators, machines, sink.
///
///     request -> rack (cluster, service) -> replicas (target, service) -> machine -> sink
///     request -> unscheduled (service) -> sink
///
/// Costs are microseconds of expected latency, see kmps/baselines/firmament.hpp. The n-th request
/// that a replica group takes waits longer than the one before, so each has an arc of its own,
/// dearer than the last: this convexity is what spreads load.
class scheduling_graph {
 public:
  struct config {
    duration round = milliseconds(250);  ///< until the next round decides again; > 0
    duration patience = seconds(2);      ///< what leaving a request unscheduled costs at least; > 0
  };
  struct task {
    job request;
    std::uint32_t access_point = 0;
    std::uint32_t first_arc = 0;  ///< its arcs to racks, `arcs` of them, then the unscheduled one
    std::uint32_t arcs = 0;
  };
  /// An arc from a replica group to its machine.
  struct place {
    std::uint32_t arc = 0, target = 0, service = 0;
    std::int32_t wait = 0;
  };
  static constexpr std::uint32_t no_rack = ~std::uint32_t{0};

  /// Builds the network for these requests, seen by the view of any of them.
  void build(const config& c, const dispatch_view& view, std::vector<task>& tasks) {
    const target_table& table = *view.table;
    targets_ = table.rows.size();
    services_ = table.services;
    clusters_ = (targets_ - 1) / view.own;
    own_ = view.own;
    count_services(tasks);

    // Nodes: requests, racks, unscheduled aggregators, replica groups, machines, sink.
    const auto n = static_cast<std::uint32_t>(tasks.size());
    racks_ = n;
    const std::size_t rack_count = (clusters_ + 1) * services_;
    unscheduled_ = racks_ + static_cast<std::uint32_t>(rack_count);
    groups_ = unscheduled_ + static_cast<std::uint32_t>(services_);
    machines_ = groups_ + static_cast<std::uint32_t>(targets_ * services_);
    sink_ = machines_ + static_cast<std::uint32_t>(targets_);
    net_.clear(std::size_t{sink_} + 1);

    fastest_.assign(rack_count, 0.0);
    for (std::size_t t = 0; t < targets_; ++t) {
      for (std::size_t w = 0; w < services_; ++w) {
        if (table.cells[t * services_ + w].replicas == 0) continue;
        double& f = fastest_[cluster_of(t) * services_ + w];
        f = (std::max)(f, table.rows[t].speed);
      }
    }
    for (std::uint32_t i = 0; i < n; ++i) add_task(c, view, tasks[i], i);
    add_groups(c, view, table);
    for (std::size_t w = 0; w < services_; ++w) {
      if (requests_[w] > 0) net_.add_arc(unscheduled_ + index(w), sink_, requests_[w], 0);
    }
    net_.set_supply(sink_, -static_cast<std::int64_t>(n));
  }

  [[nodiscard]] const control::flow_network& network() const noexcept { return net_; }
  [[nodiscard]] std::span<const place> places() const noexcept { return places_; }
  /// The rack (cluster x services + service) an arc of a request leads to, or `no_rack`.
  [[nodiscard]] std::uint32_t rack_of(std::uint32_t arc) const noexcept {
    const std::uint32_t node = net_.arcs()[arc].target;
    return node < unscheduled_ ? node - racks_ : no_rack;
  }
  /// Cluster of a target; the cloud is one more.
  [[nodiscard]] std::size_t cluster_of(std::size_t target) const noexcept {
    return target / own_;  // the cloud follows the last whole cluster
  }

 private:
  static std::uint32_t index(std::size_t i) noexcept { return static_cast<std::uint32_t>(i); }
  static std::int32_t price(std::int64_t us) noexcept {
    return static_cast<std::int32_t>(
        (std::clamp)(us, std::int64_t{0}, std::int64_t{1'000'000'000}));
  }

  void count_services(const std::vector<task>& tasks) {
    requests_.assign(services_, 0);
    mean_work_.assign(services_, 0);
    cores_ = 0;
    for (const task& t : tasks) {
      ++requests_[index_of(t.request.service)];
      mean_work_[index_of(t.request.service)] += t.request.work.us;
      cores_ += static_cast<std::int64_t>(static_cast<double>(t.request.cpu) * 1e3 + 0.5);
    }
    for (std::size_t w = 0; w < services_; ++w) {
      if (requests_[w] > 0) mean_work_[w] /= requests_[w];
    }
    if (!tasks.empty()) cores_ /= static_cast<std::int64_t>(tasks.size());
  }

  void add_task(const config& c, const dispatch_view& view, task& t, std::uint32_t node) {
    const std::size_t w = index_of(t.request.service);
    const std::int64_t slack = (t.request.deadline - view.now).us;
    net_.set_supply(node, 1);
    t.first_arc = index(net_.arcs().size());
    t.arcs = 0;
    for (std::size_t cluster = 0; cluster <= clusters_; ++cluster) {
      const double speed = fastest_[cluster * services_ + w];
      if (speed == 0.0 || !linked(view, t.access_point, cluster)) continue;
      const std::int64_t way = 2 * latency(view, t.access_point, cluster);
      // An arc that could only miss the deadline is left out.
      if (way + dispatch_view::at_speed(t.request.work.us, speed) > slack) continue;
      net_.add_arc(node, racks_ + index(cluster * services_ + w), 1, price(way));
      ++t.arcs;
    }
    const std::int64_t waited = (view.now - t.request.arrival).us;
    const std::int64_t urgency = (std::max)(c.patience.us - slack, std::int64_t{0});
    net_.add_arc(node, unscheduled_ + index(w), 1, price(c.patience.us + waited + urgency));
  }

  void add_groups(const config& c, const dispatch_view& view, const target_table& table) {
    places_.clear();
    for (std::size_t t = 0; t < targets_; ++t) {
      const target_table::row& row = table.rows[t];
      const std::int64_t nearest = t + 1 == targets_ ? view.wan.us : view.lan.us;
      std::int64_t slots = 0;
      for (std::size_t w = 0; w < services_; ++w) {
        const target_table::cell& cell = table.cells[t * services_ + w];
        if (cell.replicas == 0 || requests_[w] == 0) continue;
        const auto group = groups_ + index(t * services_ + w);
        const std::int64_t run = dispatch_view::at_speed(mean_work_[w], row.speed);
        net_.add_arc(racks_ + index(cluster_of(t) * services_ + w), group, requests_[w],
                     price(run));
        const std::int64_t backlog = dispatch_view::at_speed(cell.work_waiting, row.speed) +
                                     cell.finish_sum - std::int64_t{cell.busy} * view.now.us;
        const std::int64_t taken = std::int64_t{cell.busy} + cell.waiting;
        const std::int64_t idle = (std::max)(cell.replicas - taken, std::int64_t{0});
        for (std::int64_t i = 0; i < requests_[w]; ++i) {
          std::int64_t wait = 0;
          if (i >= idle) {  // the request travels while the backlog is worked off
            wait = (std::max)((backlog + i * run) / cell.replicas - nearest, std::int64_t{0});
          }
          if (wait > c.round.us) break;
          const std::uint32_t arc = net_.add_arc(group, machines_ + index(t), 1, price(wait));
          places_.push_back({arc, index(t), index(w), price(wait)});
          ++slots;
        }
      }
      if (slots > 0) net_.add_arc(machines_ + index(t), sink_, (std::min)(slots, room(c, row)), 0);
    }
  }
  /// Requests of mean size for which a machine has cores now, or will before the next round.
  std::int64_t room(const config& c, const target_table::row& row) const noexcept {
    if (cores_ == 0) return (std::int64_t{1} << 30);
    std::int64_t longest = 1;
    for (const std::int64_t w : mean_work_) longest = (std::max)(longest, w);
    const std::int64_t run =
        (std::max)(dispatch_view::at_speed(longest, row.speed), std::int64_t{1});
    const std::int64_t turns = c.round.us / run;
    return (row.cpu_total - row.cpu_used + turns * row.cpu_total) / cores_;
  }

  [[nodiscard]] std::int64_t latency(const dispatch_view& view, std::size_t from,
                                     std::size_t cluster) const noexcept {
    return cluster == clusters_ ? view.wan.us : (cluster == from ? view.lan.us : view.cross.us);
  }
  [[nodiscard]] bool linked(const dispatch_view& view, std::size_t from,
                            std::size_t cluster) const noexcept {
    if (view.cut_off == nullptr || cluster == from) return true;
    return view.cut_off[from] == 0 && (cluster == clusters_ || view.cut_off[cluster] == 0);
  }

  control::flow_network net_;
  std::vector<place> places_;
  std::vector<std::int64_t> requests_, mean_work_;  // by service
  std::vector<double> fastest_;                     // by rack; 0 = no replica
  std::int64_t cores_ = 0;                          // mean, 1/1000
  std::size_t targets_ = 0, services_ = 0, clusters_ = 0, own_ = 1;
  std::uint32_t racks_ = 0, unscheduled_ = 0, groups_ = 0, machines_ = 0, sink_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::kmps::detail
