// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/concepts/orchestrator.hpp>
#include <muster/control/horizontal_pod_autoscaler.hpp>
#include <muster/core/contracts.hpp>
#include <muster/kmps/orchestration/change_ledger.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// What plain Kubernetes does: each service of each cluster is a Deployment with a horizontal pod
/// autoscaler of its own, and the default scheduler chooses nodes for new pods.
///
/// Idea       one autoscaler per cluster and service looks at the busy share of its replicas;
///            a frame is its sync period, so the environment's frame should be 15 s.
/// Source     KMPS IV-C.5 (Firmament_Native and Greedy_Native scale by the native autoscaler);
///            control/horizontal_pod_autoscaler.hpp for the decision. Nodes: the kube-scheduler's
///            NodeResourcesFit with its default LeastAllocated scoring. Removal: the order in
///            which a ReplicaSet deletes pods, not ready first, then where most of its pods are.
/// Equation   score(node) = mean over cores and memory of 100 (total - requested) / total, after
///            the new pod; each replica requests `replica_cpu` cores and the view's memory.
/// Metric     busy time / time of the ready replicas over the last frame, if the view has
///            `busy` by target and service, else the share that is busy now. Replicas that start,
///            or find no node, are not ready. Nothing is measured in the frame at time 0.
/// Pending    pods that find no node stay wanted: every frame tries again to place them.
/// Cost       O(clusters x services + changes x nodes); no allocation once warm.
/// Determinism  equal scores go to the smaller node (the product draws), equal removals to the
///            larger one; services in order, decreases of all before increases.
class pod_autoscaler {
 public:
  struct config {
    control::horizontal_pod_autoscaler::config autoscaler = defaults();
    double replica_cpu = 0.3;  ///< cores a pod requests: the mean of KMPS' 0.1 to 0.5; >= 0
    bool cloud = false;        ///< scale the cloud pool as well, as one node
  };
  static constexpr const char* name = "hpa";

  pod_autoscaler() = default;
  explicit pod_autoscaler(config c) : config_{std::move(c)} {
    MUSTER_EXPECTS(config_.replica_cpu >= 0.0,
                   "muster: kmps::pod_autoscaler has replica_cpu < 0; "
                   "write the cores a pod requests");
  }

  [[nodiscard]] std::span<const replica_change> plan(const frame_view& view, rng&) {
    const std::size_t services = view.table->services;
    const std::size_t groups = view.clusters + (config_.cloud ? 1U : 0U);
    if (deployments_.size() != groups * services) {
      deployments_.assign(groups * services, deployment{config_.autoscaler});
    }
    ledger_.open(view);
    count_.resize(view.targets() * services);
    pods_.assign(view.targets(), 0);
    for (std::size_t t = 0; t < view.targets(); ++t) {
      for (std::size_t w = 0; w < services; ++w) {
        count_[t * services + w] = view.replicas(t, w);
        pods_[t] += count_[t * services + w];
      }
    }
    for (std::size_t g = 0; g < groups; ++g) {
      for (std::size_t w = 0; w < services; ++w) decide(view, g, w);
    }
    for (std::size_t g = 0; g < groups; ++g) {
      for (std::size_t w = 0; w < services; ++w) {
        while (existing(view, g, w) > deployments_[g * services + w].wanted) remove(view, g, w);
      }
    }
    for (std::size_t g = 0; g < groups; ++g) {
      for (std::size_t w = 0; w < services; ++w) {
        while (existing(view, g, w) < deployments_[g * services + w].wanted) {
          if (!place(view, g, w)) break;
        }
      }
    }
    return ledger_.close();
  }

  void reset() noexcept { deployments_.clear(); }

  /// Replicas a Deployment should have, whether or not there is room for them.
  [[nodiscard]] std::uint32_t wanted(std::size_t cluster, std::size_t service) const noexcept {
    const std::size_t services = count_.size() / pods_.size();
    return deployments_[cluster * services + service].wanted;
  }

 private:
  struct deployment {
    control::horizontal_pod_autoscaler autoscaler;
    std::uint32_t wanted = 0;
    bool known = false;
    explicit deployment(const control::horizontal_pod_autoscaler::config& c) : autoscaler{c} {}
  };

  static control::horizontal_pod_autoscaler::config defaults() {
    control::horizontal_pod_autoscaler::config c;
    c.max_replicas = 100;  // room on the nodes is the limit that matters
    return c;
  }

  static std::pair<std::size_t, std::size_t> targets_of(const frame_view& view,
                                                        std::size_t group) noexcept {
    if (group == view.clusters) return {view.nodes(), view.nodes() + 1};
    return {group * view.nodes_per_cluster, (group + 1) * view.nodes_per_cluster};
  }
  [[nodiscard]] std::uint32_t existing(const frame_view& view, std::size_t group,
                                       std::size_t service) const noexcept {
    const auto [from, to] = targets_of(view, group);
    std::uint32_t n = 0;
    for (std::size_t t = from; t < to; ++t) n += count_[t * view.table->services + service];
    return n;
  }

  void decide(const frame_view& view, std::size_t group, std::size_t service) {
    deployment& d = deployments_[group * view.table->services + service];
    if (!d.known) {
      d.wanted = existing(view, group, service);
      d.known = true;
    }
    control::pod_metrics pods;
    const auto [from, to] = targets_of(view, group);
    for (std::size_t t = from; t < to; ++t) {
      const target_table::cell& cell = view.cell(t, service);
      pods.measured += cell.replicas;
      pods.total += busy(view, t, service);
    }
    pods.not_ready = d.wanted > pods.measured ? d.wanted - pods.measured : 0;
    if (view.frame.us == 0) {
      pods.missing = pods.measured;
      pods.measured = 0;
    }
    d.wanted = d.autoscaler.decide(view.now, d.wanted, pods);
  }
  /// Replicas' worth of use in the last frame. A template, so that it may ask what a view knows.
  template <class View>
  static double busy(const View& view, std::size_t target, std::size_t service) noexcept {
    if constexpr (requires { view.busy[0]; }) {
      if (!view.busy.empty() && view.frame.us > 0) {
        return static_cast<double>(view.busy[target * view.table->services + service]) /
               static_cast<double>(view.frame.us);
      }
    }
    return view.cell(target, service).busy;
  }

  bool place(const frame_view& view, std::size_t group, std::size_t service) {
    const auto [from, to] = targets_of(view, group);
    std::size_t best = to;
    double most = 0.0;
    for (std::size_t t = from; t < to; ++t) {
      const target_table::row& row = view.table->rows[t];
      const double pods = pods_[t] + 1.0;
      const double cores = static_cast<double>(row.cpu_total) * 1e-3;
      const double memory = static_cast<double>(row.memory_total) * 1e-3;
      const double cpu_left = cores - pods * config_.replica_cpu;
      const double memory_left = memory - pods * view.replica_memory;
      if (cpu_left < -1e-9 || memory_left < -1e-9 || !ledger_.possible(t, service, 1)) continue;
      const double score = 50.0 * (cpu_left / cores + memory_left / memory);
      if (best == to || score > most) {
        best = t;
        most = score;
      }
    }
    if (best == to || !ledger_.add(best, service, 1)) return false;
    ++count_[best * view.table->services + service];
    ++pods_[best];
    return true;
  }
  void remove(const frame_view& view, std::size_t group, std::size_t service) {
    const auto [from, to] = targets_of(view, group);
    const std::size_t services = view.table->services;
    const auto starting = [&](std::size_t t) {  // those that are left of them
      return count_[t * services + service] > view.cell(t, service).replicas;
    };
    std::size_t best = from;
    for (std::size_t t = from + 1; t < to; ++t) {
      const std::pair here{starting(t), count_[t * services + service]};
      const std::pair there{starting(best), count_[best * services + service]};
      if (here >= there) best = t;
    }
    ledger_.add(best, service, -1);
    --count_[best * services + service];
    --pods_[best];
  }

  config config_{};
  std::vector<deployment> deployments_;  // clusters x services
  std::vector<std::uint32_t> count_;     // targets x services, as planned so far
  std::vector<std::uint32_t> pods_;      // by target
  change_ledger ledger_;
};

static_assert(resettable_orchestrator<pod_autoscaler>);

}  // namespace muster::inline MUSTER_ABI::kmps
