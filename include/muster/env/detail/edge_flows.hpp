// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/concepts/frame_view.hpp>

namespace muster::inline MUSTER_ABI::env::detail {

/// What an orchestrator is told of edge_cloud: who waits at access points, which replicas start,
/// and what happened since the last frame.
class edge_flows {
 public:
  void reset(std::size_t clusters, std::size_t targets, std::size_t services) {
    services_ = services;
    at_access_.assign(clusters * services, 0);
    starting_.assign(targets * services, 0);
    by_service_.assign(services, {});
    by_target_.assign(targets, {});
    busy_.assign(targets * services, 0);
    last_ = instant{};
    number_ = 0;
  }
  void arrive(std::size_t service) noexcept { ++by_service_[service].arrived; }
  void wait_at_access(std::size_t cluster, std::size_t service, int sign) noexcept {
    at_access_[cluster * services_ + service] += static_cast<std::uint32_t>(sign);
  }
  void miss(std::size_t service) noexcept { ++by_service_[service].missed; }
  void miss_at(std::size_t target) noexcept { ++by_target_[target].missed; }
  void done(std::size_t service, std::size_t target) noexcept {
    ++by_service_[service].done;
    ++by_target_[target].done;
  }
  void ran(std::size_t cell, duration time, double core_milliseconds) noexcept {
    const std::size_t target = cell / services_;
    busy_[cell] += time.us;
    by_target_[target].busy_us += time.us;
    by_target_[target].core_milliseconds += core_milliseconds;
  }
  [[nodiscard]] std::uint32_t& starting(std::size_t cell) noexcept { return starting_[cell]; }
  [[nodiscard]] std::uint32_t starting(std::size_t cell) const noexcept { return starting_[cell]; }

  /// Shows all this in `v` as of `now`.
  void show(frame_view& v, instant now) const noexcept {
    v.now = now;
    v.frame = now - last_;
    v.number = number_;
    v.at_access = at_access_;
    v.starting = starting_;
    v.services = by_service_;
    v.flows = by_target_;
    v.busy = busy_;
  }
  /// The next frame begins: counts from nothing again.
  void next_frame(instant now) noexcept {
    std::fill(by_service_.begin(), by_service_.end(), service_flow{});
    std::fill(by_target_.begin(), by_target_.end(), target_flow{});
    std::fill(busy_.begin(), busy_.end(), std::int64_t{0});
    last_ = now;
    ++number_;
  }

 private:
  std::size_t services_ = 0;
  std::vector<std::uint32_t> at_access_, starting_;
  std::vector<service_flow> by_service_;
  std::vector<target_flow> by_target_;
  std::vector<std::int64_t> busy_;
  instant last_{};
  std::uint64_t number_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::env::detail
