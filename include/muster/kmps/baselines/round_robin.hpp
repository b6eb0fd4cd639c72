// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <muster/concepts/dispatcher.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// Valid targets in turn, one turn counter per access point and service.
///
/// Idea         spreads evenly without looking at loads; what a Kubernetes service does.
/// Cost         O(targets skipped) per choice; allocates when it first sees an access point or
///              service with a larger number than any before.
/// Determinism  the turn goes to the next valid target after the last one chosen, the first
///              one after the cloud; no valid target: the cloud.
class round_robin {
 public:
  struct config {};
  static constexpr const char* name = "round_robin";

  round_robin() = default;
  explicit round_robin(config) {}

  [[nodiscard]] std::uint32_t choose(const dispatch_view& view, rng&) {
    const std::size_t services = view.table->services;
    const std::size_t turn = view.access_point * services + index_of(view.request.service);
    if (turn >= next_.size()) next_.resize((view.access_point + std::size_t{1}) * services, 0);
    const std::size_t n = view.size();
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t k = (next_[turn] + i) % n;
      if (!view.valid(k)) continue;
      next_[turn] = static_cast<std::uint32_t>((k + 1) % n);
      return static_cast<std::uint32_t>(k);
    }
    return static_cast<std::uint32_t>(view.cloud());
  }
  void reset() noexcept {
    for (auto& n : next_) n = 0;
  }

 private:
  std::vector<std::uint32_t> next_;
};

static_assert(resettable_dispatcher<round_robin>);

}  // namespace muster::inline MUSTER_ABI::kmps
