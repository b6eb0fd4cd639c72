// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::env {

/// A cluster without its links: its access point reaches its own nodes only, and nobody else
/// reaches them. Messages on these links wait until the outage is over.
struct outage {
  std::uint32_t cluster = 0;
  instant from{}, until{};  ///< until itself is not part of it
};

/// What deciding costs in time: requests leave only when their decision is ready.
///
/// Decisions queue in front of one server per access point, or of a single central one, which
/// first must hear how everybody is. KMPS III-A argues for the former, and measures it (Fig. 12).
struct scheduling_cost {
  bool central = false;     ///< one scheduler for all access points
  duration aggregate{};     ///< from the slot until the state of the system is together; >= 0
  duration per_decision{};  ///< time of the scheduler for each request; >= 0
};

/// The system of `edge_cloud`: clusters of nodes behind access points, and a cloud.
///
/// The defaults are section IV-A of the KMPS paper: 3 clusters of 6 nodes with 4 vCPU and
/// 16 GB, a cloud of six such nodes, 12 services, slots of 0.25 s and long slots of 2 s.
/// Memory and counts are checked when an environment is built from it.
struct edge_cloud_config {
  std::uint32_t clusters = 3;           ///< edge clusters, one access point each; > 0
  std::uint32_t nodes_per_cluster = 6;  ///< > 0
  std::uint32_t cloud_nodes = 6;        ///< pooled into one target; > 0
  std::uint32_t services = 12;          ///< > 0

  double node_cpu = 4.0;      ///< cores per node, edge and cloud; > 0
  double node_memory = 16.0;  ///< GB per node; > 0
  /// Speed by node (edge nodes in order, then the cloud): work units per unit of time, > 0.
  /// Empty: all 1. Shorter than nodes + 1: the rest are 1.
  std::vector<double> speed{};

  /// Where replicas are when `deployment` is empty: so many on each node, edge and cloud, one
  /// per core by default, split over the services by `mix` (see `default_deployment`).
  std::uint32_t replicas_per_node = 4;
  /// Expected share of each service in the requests, any scale; empty: the mix of the 39,931
  /// Alibaba 2018 rows that the KMPS authors use (86 % of them of one type).
  std::vector<double> mix{};
  double replica_memory = 1.0;  ///< GB a replica occupies, running or not; >= 0
  /// Replicas d[target][service], row by row, edge nodes first, the cloud last; overrides the
  /// three fields above. Empty or (nodes + 1) x services entries.
  std::vector<std::uint32_t> deployment{};

  duration slot = milliseconds(250);        ///< decisions happen at its multiples; > 0
  duration long_slot = milliseconds(2000);  ///< urgency pass; a multiple of slot; 0 = never
  /// Orchestration, at its multiples; a multiple of slot; 0 = never. The paper's is 25 s.
  duration frame{};
  /// From the decision to add a replica until it serves; it holds memory all the while. >= 0
  duration replica_start = seconds(2);
  duration lan = milliseconds(5);     ///< one way, to the own cluster; paper: < 10 ms
  duration cross = milliseconds(25);  ///< one way, to a neighbour; paper: < 30 ms
  duration wan = milliseconds(100);   ///< one way, to the cloud
  scheduling_cost scheduling{};       ///< default: decisions take no time
  std::vector<outage> outages{};

  bool start_only_if_on_time = true;  ///< discard, not run, what would finish too late
  bool finish_after_horizon = true;   ///< go on after the last arrival until all is answered

  double idle_power = 60.0;        ///< W per node without load
  double peak_power = 120.0;       ///< W per node with all cores in use
  double message_energy = 0.05;    ///< J per message over a link, there or back
  double wan_energy_factor = 4.0;  ///< a message to the cloud costs so many times more

  [[nodiscard]] std::uint32_t nodes() const noexcept { return clusters * nodes_per_cluster; }
  [[nodiscard]] std::uint32_t targets() const noexcept { return nodes() + 1; }
};

/// Share of each of the 12 task types in the trace the KMPS authors use (both files).
inline constexpr double alibaba_2018_mix[12] = {34243, 0,   106, 15,  1169, 3246,
                                                2,     149, 10,  887, 88,   16};

/// Splits `total` replicas over services: one each, then always one more to the service with
/// the largest share per replica; ties go to the smaller number. This minimises the largest
/// load per replica among all splits that deploy every service.
[[nodiscard]] inline std::vector<std::uint32_t> split_replicas(std::span<const double> mix,
                                                               std::uint32_t services,
                                                               std::uint32_t total) {
  MUSTER_EXPECTS(total >= services,
                 "muster: env::edge_cloud has fewer replicas per cluster than services; raise "
                 "replicas_per_node or nodes_per_cluster, or give a deployment");
  const auto share = [&](std::size_t w) {
    if (!mix.empty()) return w < mix.size() ? mix[w] : 0.0;
    return w < 12 ? alibaba_2018_mix[w] : 0.0;
  };
  std::vector<std::uint32_t> count(services, 1);
  for (std::uint32_t left = total - services; left > 0; --left) {
    std::size_t best = 0;
    for (std::size_t w = 1; w < services; ++w) {
      if (share(w) * count[best] > share(best) * count[w]) best = w;
    }
    ++count[best];
  }
  return count;
}

/// The deployment d[target][service] of a config: its own, or the default one.
///
/// Default: each cluster, and the cloud, splits its replicas over the services by
/// `split_replicas`. Inside a cluster the services are dealt from the rarest to the most
/// frequent, each replica to the node with the fewest replicas of that service, then the
/// fewest replicas, then the smallest number.
[[nodiscard]] inline std::vector<std::uint32_t> deployment_of(const edge_cloud_config& c) {
  const std::size_t targets = c.targets();
  const std::size_t services = c.services;
  if (!c.deployment.empty()) {
    MUSTER_EXPECTS(c.deployment.size() == targets * services,
                   "muster: env::edge_cloud::config::deployment has the wrong size; write "
                   "(nodes + 1) x services entries");
    return c.deployment;
  }
  std::vector<std::uint32_t> d(targets * services, 0);
  const std::uint32_t per_node = c.replicas_per_node;
  const auto edge = split_replicas(c.mix, c.services, per_node * c.nodes_per_cluster);
  const auto cloud = split_replicas(c.mix, c.services, per_node * c.cloud_nodes);
  std::vector<std::size_t> order(services);
  for (std::size_t w = 0; w < services; ++w) order[w] = w;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return edge[a] < edge[b]; });

  std::vector<std::uint32_t> on_node(c.nodes_per_cluster, 0);
  for (const std::size_t w : order) {
    for (std::uint32_t i = 0; i < edge[w]; ++i) {
      std::size_t best = 0;
      for (std::size_t n = 1; n < c.nodes_per_cluster; ++n) {
        const std::uint32_t a = d[n * services + w], b = d[best * services + w];
        if (a < b || (a == b && on_node[n] < on_node[best])) best = n;
      }
      ++d[best * services + w];
      ++on_node[best];
    }
  }
  for (std::size_t cluster = 1; cluster < c.clusters; ++cluster) {
    const std::size_t size = c.nodes_per_cluster * services;
    std::copy_n(d.begin(), size, d.begin() + static_cast<std::ptrdiff_t>(cluster * size));
  }
  std::copy(cloud.begin(), cloud.end(),
            d.begin() + static_cast<std::ptrdiff_t>((targets - 1) * services));
  return d;
}

}  // namespace muster::inline MUSTER_ABI::env
