// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include <muster/concepts/frame_view.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// What the orchestrator knows about one edge node, as numbers of order one.
///
/// Idea      section III-B.1 lists free CPU, free memory, latency, the queue and the deployment;
///           the released program has the last two only. With 12 services these are 27 numbers.
/// Layout    [queue by service | replicas by service | free cpu | free memory | latency]
/// Queue     waiting at the node or on its way, plus the node's share of what waits at its access
///           point: a request there has no node yet, and most of an overload waits there. Queues
///           have a wide range, so they enter as ln(1 + x) / ln(1 + queue).
/// Others    replicas (those that start included) over `replicas`; free cpu and memory as parts
///           of the whole; round trip between the orchestrator (in the cloud) and the node over
///           `latency`. Memory counts replicas and running requests.
/// Cost      O(services) per node, no allocation.
class node_state {
 public:
  struct config {
    double queue = 100.0;      ///< requests that count as 1; > 0
    double replicas = 8.0;     ///< replicas of one service on one node that count as 1; > 0
    double latency = 0.2;      ///< seconds there and back that count as 1; > 0
    bool access_share = true;  ///< count what waits at the access point
  };

  constexpr node_state() noexcept = default;
  constexpr explicit node_state(config c) noexcept : config_{c} {}

  /// Numbers per node.
  [[nodiscard]] static constexpr std::size_t width(std::size_t services) noexcept {
    return 2 * services + 3;
  }

  /// Writes all edge nodes, row by row: `out` is [view.nodes(), width(services)].
  template <class T>
  void encode(const frame_view& view, std::span<T> out) const {
    const std::size_t services = view.table->services;
    const std::size_t columns = width(services);
    MUSTER_EXPECTS(out.size() == view.nodes() * columns,
                   "muster: kmps::node_state::encode writes [nodes, width(services)]; lend that");
    const double queue_scale = 1.0 / std::log1p(config_.queue);
    const double share = config_.access_share ? 1.0 / view.nodes_per_cluster : 0.0;
    for (std::size_t n = 0; n < view.nodes(); ++n) {
      T* const x = out.data() + n * columns;
      const auto& row = view.table->rows[n];
      const std::size_t cluster = view.cluster_of(n);
      for (std::size_t w = 0; w < services; ++w) {
        const double waiting =
            view.cell(n, w).waiting + share * view.at_access[cluster * services + w];
        x[w] = static_cast<T>(std::log1p(waiting) * queue_scale);
        x[services + w] = static_cast<T>(view.replicas(n, w) / config_.replicas);
      }
      x[2 * services] = part(row.cpu_total - row.cpu_used, row.cpu_total, T{});
      x[2 * services + 1] = part(row.memory_total - row.memory_used, row.memory_total, T{});
      x[2 * services + 2] = static_cast<T>(2.0 * (view.wan + view.lan).seconds() / config_.latency);
    }
  }

 private:
  template <class T>
  static T part(std::int64_t free, std::int64_t whole, T) noexcept {
    return whole > 0 ? static_cast<T>(static_cast<double>(free) / static_cast<double>(whole)) : T{};
  }

  config config_{};
};

}  // namespace muster::inline MUSTER_ABI::kmps
