// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/env/edge_cloud_config.hpp>

namespace muster::inline MUSTER_ABI::env::detail {

/// When messages and decisions of edge_cloud get through: outages of links, and the servers in
/// front of which decisions queue. Clusters by number; the cloud is the number after the last.
class edge_links {
 public:
  void reset(const edge_cloud_config& c) {
    decided_.assign(c.scheduling.central ? 1 : c.clusters, instant{});
    cut_off_.assign(c.outages.empty() ? 0 : c.clusters, 0);
  }
  /// Notes who is cut off at t.
  void look(const edge_cloud_config& c, instant t) noexcept {
    if (c.outages.empty()) return;
    std::fill(cut_off_.begin(), cut_off_.end(), std::uint8_t{0});
    for (const outage& o : c.outages) {
      if (o.from <= t && t < o.until) cut_off_[o.cluster] = 1;
    }
  }
  /// By cluster, as noted by the last `look`; null when the config has no outages.
  [[nodiscard]] const std::uint8_t* cut_off() const noexcept {
    return cut_off_.empty() ? nullptr : cut_off_.data();
  }
  [[nodiscard]] bool is_cut_off(std::size_t cluster) const noexcept {
    return cluster < cut_off_.size() && cut_off_[cluster] != 0;
  }
  /// When a message from cluster a to cluster b that is ready at t can set out.
  [[nodiscard]] instant sets_out(const edge_cloud_config& c, std::size_t a, std::size_t b,
                                 instant t) const noexcept {
    if (a == b) return t;
    for (bool waits = !c.outages.empty(); waits;) {
      waits = false;
      for (const outage& o : c.outages) {
        if ((o.cluster == a || o.cluster == b) && o.from <= t && t < o.until) {
          t = o.until;
          waits = true;
        }
      }
    }
    return t;
  }
  /// When the decision about a request that an access point picks now is ready.
  [[nodiscard]] instant decides(const edge_cloud_config& c, std::size_t access_point,
                                instant now) noexcept {
    const scheduling_cost& cost = c.scheduling;
    if (cost.aggregate.us == 0 && cost.per_decision.us == 0) return now;
    instant& free = decided_[cost.central ? 0 : access_point];
    free = (std::max)(now + cost.aggregate, free) + cost.per_decision;
    return free;
  }

 private:
  std::vector<instant> decided_;  // by server: when its last decision was ready
  std::vector<std::uint8_t> cut_off_;
};

}  // namespace muster::inline MUSTER_ABI::env::detail
