// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/concepts/orchestrator.hpp>
#include <muster/kmps/orchestration/change_ledger.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// One more replica for the service with the longest queue, on the node with the lowest CPU use.
///
/// Idea      the greedy baseline of Fig. 16: it reacts to what waits now, and never removes.
/// Source    KMPS IV-C.4, baseline 3.
/// Rules     a queue is what waits anywhere (access points, on its way, targets), less one
///           request for each replica already planned in this frame, so that several
///           adjustments spread over several services. CPU use of an edge node is cores in use
///           over cores, then the number of replicas planned there. No queue, or no memory on
///           any node: no change.
/// Cost      O(adjustments x (services + nodes)), no allocation once warm.
/// Determinism    ties go to the smaller service and the smaller node.
class greedy_scaler {
 public:
  struct config {
    std::uint32_t adjustments = 1;  ///< replicas added per frame, at most; paper: not given; > 0
  };
  static constexpr const char* name = "greedy_scaler";

  greedy_scaler() = default;
  explicit greedy_scaler(config c) : config_{c} {}

  [[nodiscard]] std::span<const replica_change> plan(const frame_view& view, rng&) {
    ledger_.open(view);
    queue_.resize(view.table->services);
    planned_.assign(view.nodes(), 0);
    for (std::size_t w = 0; w < queue_.size(); ++w) queue_[w] = view.backlog(w);
    for (std::uint32_t k = 0; k < config_.adjustments; ++k) {
      std::size_t service = 0;
      for (std::size_t w = 1; w < queue_.size(); ++w) {
        if (queue_[w] > queue_[service]) service = w;
      }
      if (queue_[service] == 0) break;
      std::size_t node = view.nodes();
      for (std::size_t n = 0; n < view.nodes(); ++n) {
        if (!ledger_.possible(n, service, 1)) continue;
        if (node == view.nodes() || less_used(view, n, node)) node = n;
      }
      if (node == view.nodes()) break;
      ledger_.add(node, service, 1);
      ++planned_[node];
      --queue_[service];
    }
    return ledger_.close();
  }

 private:
  [[nodiscard]] bool less_used(const frame_view& view, std::size_t a, std::size_t b) const {
    const auto& x = view.table->rows[a];
    const auto& y = view.table->rows[b];
    const auto use = x.cpu_used * y.cpu_total;  // x.used / x.total < y.used / y.total, exactly
    const auto other = y.cpu_used * x.cpu_total;
    return use != other ? use < other : planned_[a] < planned_[b];
  }

  config config_{};
  change_ledger ledger_;
  std::vector<std::uint64_t> queue_;
  std::vector<std::uint32_t> planned_;
};

static_assert(orchestrator<greedy_scaler>);

}  // namespace muster::inline MUSTER_ABI::kmps
