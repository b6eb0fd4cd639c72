// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/concepts/dispatch_view.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// Energy that requests of an episode cost on top of idle machines, and how busy clusters were.
///
/// Idea      a request costs what its cores draw while it runs and what its bytes draw on their
///           way; what machines draw without any request is nobody's fault and is left out. Work
///           that came too late, or was moved away again, costs as well and is charged to the
///           answers that were on time.
/// Equation  E = (P_peak - P_idle) / cores sum_i c_i x_i + sum_i 8 (b_up + b_down) e_link(i)
///           per inference: E / answers on time
/// Symbols   c_i = cores held, x_i = execution time (s), b = bytes, e = J per bit of the link
/// Source    KMPS IV-B.1 plots "dynamic computing and transmission energy" but gives no model
///           (Figs. 10, 11). Linear power: X. Fan et al., ISCA 2007. J per bit: J. Baliga et al.,
///           Green cloud computing, Proc. IEEE 99(1), 2011, 0.46 uJ for a private network and
///           2.7 uJ for the public internet; a neighbour cluster is put between the two.
/// Cost      one pass over the requests; `clusters` numbers are allocated.
class request_energy {
 public:
  struct config {
    double idle_power = 60.0;     ///< W per node without load; >= 0
    double peak_power = 120.0;    ///< W per node with all cores in use; >= idle
    double node_cpu = 4.0;        ///< cores per node; > 0
    double request_bytes = 50e3;  ///< sent to the target; >= 0
    double answer_bytes = 5e3;    ///< sent back; >= 0
    /// J per bit by kind of target: own cluster, neighbour, cloud; >= 0.
    std::array<double, 3> joule_per_bit{0.46e-6, 1.1e-6, 2.7e-6};
  };

  /// What an episode cost.
  struct account {
    double compute_j = 0.0;
    double transmission_j = 0.0;
    std::uint64_t on_time = 0;  ///< answers
    /// By cluster: mean share of its cores in use until the horizon, 0 to 1.
    std::vector<double> cluster_use;

    /// J per answer that was on time; 0 when there was none.
    [[nodiscard]] double per_inference() const noexcept {
      return on_time == 0 ? 0.0 : (compute_j + transmission_j) / static_cast<double>(on_time);
    }
    /// Mean over the clusters, and the busiest one.
    [[nodiscard]] double mean_use() const noexcept {
      double sum = 0.0;
      for (const double u : cluster_use) sum += u;
      return cluster_use.empty() ? 0.0 : sum / static_cast<double>(cluster_use.size());
    }
    [[nodiscard]] double highest_use() const noexcept {
      double most = 0.0;
      for (const double u : cluster_use) most = u > most ? u : most;
      return most;
    }
  };

  request_energy() : request_energy(config{}) {}
  explicit request_energy(config c) : config_{c} {
    MUSTER_EXPECTS(
        c.idle_power >= 0.0 && c.peak_power >= c.idle_power && c.node_cpu > 0.0,
        "muster: kmps::request_energy needs 0 <= idle_power <= peak_power, node_cpu > 0");
  }
  [[nodiscard]] const config& settings() const noexcept { return config_; }

  /// J of one execution.
  [[nodiscard]] double compute(double cores, duration run) const noexcept {
    return (config_.peak_power - config_.idle_power) / config_.node_cpu * cores * run.seconds();
  }
  /// J of one request on its way; a request whose answer never came was sent only.
  [[nodiscard]] double transmission(target_kind kind, bool answered) const noexcept {
    const double bytes = config_.request_bytes + (answered ? config_.answer_bytes : 0.0);
    return 8.0 * bytes * config_.joule_per_bit[static_cast<std::size_t>(kind)];
  }

  /// Reads an episode off an environment like env::edge_cloud. What is still running counts until
  /// the end of its execution.
  template <class Env>
  [[nodiscard]] account of(const Env& e) const {
    account a;
    const auto& system = e.settings();
    const instant horizon = instant{} + e.horizon();
    a.cluster_use.assign(system.clusters, 0.0);
    a.on_time = e.counts().done;
    const auto records = e.records();
    const auto requests = e.requests();
    for (std::size_t i = 0; i < records.size(); ++i) {
      const auto& r = records[i];
      using state = decltype(r.state);
      const bool ran = r.state == state::running || r.answered_at_all();
      const bool sent = ran || r.state == state::waiting_at_target ||
                        r.state == state::expired_at_target || r.state == state::hopeless_at_target;
      if (!sent) continue;
      const std::size_t cluster = r.target / system.nodes_per_cluster;
      const target_kind kind = r.target >= system.nodes()  ? target_kind::cloud
                               : cluster == e.origins()[i] ? target_kind::own_cluster
                                                           : target_kind::neighbour;
      a.transmission_j += transmission(kind, r.answered_at_all());
      if (!ran) continue;
      const auto cores = static_cast<double>(requests[i].cpu);
      a.compute_j += compute(cores, r.finished - r.started);
      if (kind == target_kind::cloud) continue;
      const instant from = r.started < horizon ? r.started : horizon;
      const instant to = r.finished < horizon ? r.finished : horizon;
      a.cluster_use[cluster] += cores * (to - from).seconds();
    }
    const double room =
        static_cast<double>(system.nodes_per_cluster) * system.node_cpu * e.horizon().seconds();
    for (double& u : a.cluster_use) u = room > 0.0 ? u / room : 0.0;
    return a;
  }

 private:
  config config_;
};

}  // namespace muster::inline MUSTER_ABI::kmps
