// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/dispatcher.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// The first valid target with an idle replica: own nodes, then neighbours, then the cloud; when
/// all are busy, the valid target with the least backlog per replica.
///
/// Idea         the three-level routing of the KMPS paper (local, neighbour, cloud) as a rule.
/// Cost         stops at the first idle target, O(targets) when none is.
/// Determinism  equal backlogs go to the smaller target number; no valid target: the cloud.
class idle_first {
 public:
  struct config {};
  static constexpr const char* name = "idle_first";

  constexpr idle_first() noexcept = default;
  constexpr explicit idle_first(config) noexcept {}

  [[nodiscard]] std::uint32_t choose(const dispatch_view& view, rng&) const noexcept {
    std::size_t best = view.cloud();
    double least = -1.0;
    for (std::size_t k = 0; k < view.size(); ++k) {
      if (!view.valid(k)) continue;
      const target_state s = view[k];
      if (s.idle() > 0) return static_cast<std::uint32_t>(k);
      const double backlog =
          s.replicas == 0 ? 1e300 : static_cast<double>(s.backlog.us) / s.replicas;
      if (least < 0.0 || backlog < least) {
        best = k;
        least = backlog;
      }
    }
    return static_cast<std::uint32_t>(best);
  }
};

static_assert(dispatcher<idle_first>);

}  // namespace muster::inline MUSTER_ABI::kmps
