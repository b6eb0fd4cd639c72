// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/adapters/kubernetes/cluster_state.hpp>
#include <muster/concepts/dispatch_view.hpp>
#include <muster/concepts/frame_view.hpp>
#include <muster/concepts/target_mask.hpp>
#include <muster/core/contracts.hpp>
#include <muster/env/mask.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// Requests inside a pod, as its annotation says; -1 where nobody says.
[[nodiscard]] inline std::int64_t in_flight(const pod& p) {
  const std::string* text = find(p.meta.annotations, key::in_flight);
  if (text == nullptr) return -1;
  std::int64_t n = 0;
  const auto [end, flaw] = std::from_chars(text->data(), text->data() + text->size(), n);
  return flaw == std::errc{} && end == text->data() + text->size() && n >= 0 ? n : -1;
}

/// Several clusters and a cloud as the views that dispatchers and orchestrators look at.
///
/// Idea         a strategy that was trained in a simulator sees the same numbers of a real
///              system: rows and cells of `target_table`, filled from nodes and pods.
/// Rows         nodes of cluster 0 in the order of their names, of cluster 1, ...; clusters with
///              fewer nodes than `nodes_per_cluster` are filled up with rows without anything,
///              so that no mask lets them pass. The last row is the cloud, the sum of its nodes.
/// Cells        a replica is a ready pod with the label `muster/service`; it is busy while its
///              annotation `muster/in-flight` is not 0 (unknown counts as busy). Beyond one
///              request for each replica, requests wait. Pods that are bound but not ready are
///              starting. Work ahead is not known to Kubernetes: a waiting request counts
///              `usual_work`.
/// Not used     nodes that are not ready or cordoned, and those `config::skip_label` is on.
/// Cost         O(nodes + pods log services) per fill; allocates only while it grows.
class system_books {
 public:
  struct config {
    std::vector<std::string> services;    ///< label values; number w is services[w]; not empty
    std::uint32_t nodes_per_cluster = 6;  ///< rows for each cluster; more nodes are left out
    std::string skip_label = "node-role.kubernetes.io/control-plane";
    std::string speed_label = "muster/speed";  ///< a node's speed, such as 1.33; default 1
    double replica_memory = 1.0;               ///< GB that one more replica takes; >= 0
    duration usual_work = milliseconds(65);    ///< of a waiting request at speed 1; >= 0
    duration lan = milliseconds(5), cross = milliseconds(25), wan = milliseconds(100);  ///< one way
  };
  /// Where a target is; the cloud has no node of its own.
  struct place {
    std::uint32_t cluster = 0;
    std::string node;  ///< empty: a row without node, or the cloud
  };

  explicit system_books(config c) : config_{std::move(c)} {
    MUSTER_EXPECTS(!config_.services.empty() && config_.nodes_per_cluster > 0,
                   "muster: kubernetes::system_books needs the names of the services and at least "
                   "one node per cluster");
  }

  /// Reads the state of all clusters; `cloud` may be null.
  void fill(std::span<const cluster_state* const> clusters, const cluster_state* cloud) {
    clusters_ = static_cast<std::uint32_t>(clusters.size());
    const std::size_t targets = clusters.size() * config_.nodes_per_cluster + 1;
    const std::size_t services = config_.services.size();
    rows_.assign(targets, {});
    cells_.assign(targets * services, {});
    starting_.assign(targets * services, 0);
    places_.resize(targets);
    for (place& p : places_) p.node.clear();
    at_access_.resize(clusters.size() * services, 0);
    service_flows_.resize(services);
    target_flows_.assign(targets, {});
    for (std::uint32_t c = 0; c < clusters.size(); ++c) {
      read(*clusters[c], c, std::size_t{c} * config_.nodes_per_cluster, false);
    }
    if (cloud != nullptr) read(*cloud, clusters_, targets - 1, true);
    places_[targets - 1].cluster = clusters_;
    table_ = {rows_, cells_, services};
  }

  /// What the access points know and the API server does not: requests that wait there,
  /// [clusters x services], and what became of others since the last frame, by service.
  void set_requests(std::span<const std::uint32_t> at_access, std::span<const service_flow> flows) {
    at_access_.assign(at_access.begin(), at_access.end());
    service_flows_.assign(flows.begin(), flows.end());
  }
  /// Measured use of a row's machine, parts of the whole, instead of what its pods asked for.
  void measure(std::size_t row, double cpu, double memory) {
    auto& r = rows_.at(row);
    r.cpu_used = static_cast<std::int64_t>(cpu * static_cast<double>(r.cpu_total) + 0.5);
    r.memory_used = static_cast<std::int64_t>(memory * static_cast<double>(r.memory_total) + 0.5);
  }
  /// Measured requests of a service on a row, instead of what its pods' annotations say. Services
  /// that are not known are passed over.
  void measure(std::size_t row, std::string_view service, std::uint32_t waiting,
               std::uint32_t running) {
    const std::size_t w = service_number(service);
    if (w == config_.services.size()) return;
    auto& cell = cells_.at(row * config_.services.size() + w);
    auto& r = rows_[row];
    r.queue_length = r.queue_length - cell.waiting + waiting;
    r.running = r.running - cell.busy + (std::min)(running, cell.replicas);
    cell.waiting = waiting;
    cell.busy = (std::min)(running, cell.replicas);
    cell.work_waiting = waiting * config_.usual_work.us;
  }
  void set_latency(duration lan, duration cross, duration wan) noexcept {
    config_.lan = lan;
    config_.cross = cross;
    config_.wan = wan;
  }

  /// For orchestrators; valid until the next `fill` or `set_requests`.
  [[nodiscard]] frame_view frame(instant now, duration since_last, std::uint64_t number) const {
    frame_view v;
    v.now = now;
    v.frame = since_last;
    v.number = number;
    v.clusters = clusters_;
    v.nodes_per_cluster = config_.nodes_per_cluster;
    v.lan = config_.lan;
    v.cross = config_.cross;
    v.wan = config_.wan;
    v.replica_memory = config_.replica_memory;
    v.table = &table_;
    v.at_access = at_access_;
    v.starting = starting_;
    v.services = service_flows_;
    v.flows = target_flows_;
    return v;
  }

  /// For dispatchers at an access point; valid until the next `fill`.
  template <target_mask Mask = env::resource_mask>
  [[nodiscard]] dispatch_view dispatch(std::uint32_t access_point, const job& request,
                                       instant now) {
    // The remaining time of running requests is not known; none is the best single guess.
    for (auto& cell : cells_) cell.finish_sum = static_cast<std::int64_t>(cell.busy) * now.us;
    dispatch_view v;
    v.request = request;
    v.now = now;
    v.access_point = access_point;
    v.queue_length = 1;
    v.own = config_.nodes_per_cluster;
    v.first_row = access_point * config_.nodes_per_cluster;
    v.lan = config_.lan;
    v.cross = config_.cross;
    v.wan = config_.wan;
    v.table = &table_;
    v.is_valid = [](const dispatch_view& view, std::size_t k) noexcept {
      return Mask::allows(view, k);
    };
    return v;
  }

  /// Books one request of a service on a row (global number): the next decision sees it waiting.
  void book(std::size_t row, service_id service) {
    auto& cell = cells_.at(row * table_.services + index_of(service));
    ++cell.waiting;
    cell.work_waiting += config_.usual_work.us;
    ++rows_[row].queue_length;
  }

  /// For dispatchers that place a pod instead of a request: what counts is room for it, so a
  /// target has as many idle replicas as such pods still fit on it, beside the busy ones. The
  /// view's service is number 0 of this one alone. Valid until the next call or `fill`.
  [[nodiscard]] dispatch_view dispatch_pod(std::uint32_t access_point, job request, resources needs,
                                           instant now) {
    const std::size_t w = index_of(request.service);
    slots_.assign(rows_.size(), {});
    for (std::size_t t = 0; t < rows_.size(); ++t) {
      const auto& cell = cells_[t * table_.services + w];
      const auto fit = [](std::int64_t free, std::int64_t need) {
        return need > 0 ? (std::max)(free, std::int64_t{0}) / need : std::int64_t{1} << 20;
      };
      const std::int64_t room =
          (std::min)(fit(rows_[t].cpu_total - rows_[t].cpu_used, needs.cpu),
                     fit(rows_[t].memory_total - rows_[t].memory_used, needs.memory));
      slots_[t].busy = cell.busy;
      slots_[t].finish_sum = static_cast<std::int64_t>(cell.busy) * now.us;
      // A row without machine has no room even for a pod that asks for nothing.
      slots_[t].replicas =
          cell.busy + (rows_[t].cpu_total > 0
                           ? static_cast<std::uint32_t>((std::min)(room, std::int64_t{1} << 20))
                           : 0U);
    }
    slot_table_ = {rows_, slots_, 1};
    request.service = service_id{0};
    dispatch_view v = dispatch(access_point, request, now);
    v.table = &slot_table_;
    v.is_valid = [](const dispatch_view& view, std::size_t k) noexcept {
      return view[k].idle() > 0;
    };
    return v;
  }

  /// Books a pod on a row: the next decision sees what it holds.
  void take(std::size_t row, resources held) {
    rows_.at(row).cpu_used += held.cpu;
    rows_.at(row).memory_used += held.memory;
  }

  [[nodiscard]] const place& where(std::size_t target) const { return places_.at(target); }
  [[nodiscard]] std::size_t targets() const noexcept { return rows_.size(); }
  [[nodiscard]] const target_table& table() const noexcept { return table_; }
  /// The number of a service, or that of services if none has this label.
  [[nodiscard]] std::size_t service_number(std::string_view label) const noexcept {
    std::size_t w = 0;
    while (w < config_.services.size() && config_.services[w] != label) ++w;
    return w;
  }
  [[nodiscard]] const config& settings() const noexcept { return config_; }

 private:
  void read(const cluster_state& state, std::uint32_t cluster, std::size_t first, bool pooled) {
    // Both lists are sorted by name, so a row is found by halving.
    names_.clear();
    for (const auto& [name, n] : state.nodes()) {
      if (!n.ready || n.unschedulable || n.meta.labels.contains(config_.skip_label)) continue;
      if (!pooled && names_.size() == config_.nodes_per_cluster) break;
      const std::size_t row = pooled ? first : first + names_.size();
      names_.push_back(name);
      rows_[row].cpu_total += n.allocatable.cpu;
      rows_[row].memory_total += n.allocatable.memory;
      rows_[row].speed = speed_of(n);
      if (!pooled) places_[row].node = name;
    }
    for (std::size_t k = 0; !pooled && k < config_.nodes_per_cluster; ++k) {
      places_[first + k].cluster = cluster;
    }
    for (const auto& [name, p] : state.pods()) {
      if (p.node.empty() || !p.active()) continue;
      const auto at = std::lower_bound(names_.begin(), names_.end(), p.node);
      if (at == names_.end() || *at != p.node) continue;
      add(p, pooled ? first : first + static_cast<std::size_t>(at - names_.begin()));
    }
  }

  void add(const pod& p, std::size_t row) {
    rows_[row].cpu_used += p.requests.cpu;
    rows_[row].memory_used += p.requests.memory;
    const std::string* label = find(p.meta.labels, key::service);
    const std::size_t w = label == nullptr ? config_.services.size() : service_number(*label);
    if (w == config_.services.size() || p.meta.deleting) return;
    const std::size_t at = row * config_.services.size() + w;
    if (!p.ready) {
      ++starting_[at];
      return;
    }
    ++cells_[at].replicas;
    const std::int64_t inside = in_flight(p);
    if (inside == 0) return;
    ++cells_[at].busy;
    ++rows_[row].running;
    const std::int64_t more = inside > 1 ? inside - 1 : 0;
    cells_[at].waiting += static_cast<std::uint32_t>(more);
    cells_[at].work_waiting += more * config_.usual_work.us;
    rows_[row].queue_length += static_cast<std::uint32_t>(more);
  }

  [[nodiscard]] double speed_of(const node& n) const {
    const std::string* text = find(n.meta.labels, config_.speed_label);
    double speed = 1.0;
    if (text != nullptr) {
      const auto [end, flaw] = std::from_chars(text->data(), text->data() + text->size(), speed);
      if (flaw != std::errc{} || !(speed > 0.0 && speed < 1e6)) speed = 1.0;
    }
    return speed;
  }

  config config_;
  std::uint32_t clusters_ = 0;
  target_table table_, slot_table_;
  std::vector<target_table::row> rows_;
  std::vector<target_table::cell> cells_, slots_;
  std::vector<std::uint32_t> starting_, at_access_;
  std::vector<service_flow> service_flows_;
  std::vector<target_flow> target_flows_;
  std::vector<place> places_;
  std::vector<std::string> names_;
};

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
