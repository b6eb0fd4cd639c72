// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/dispatcher.hpp>
#include <muster/kmps/detail/best_target.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// The valid target with the fewest requests of this service, running, waiting or on their way,
/// per replica.
///
/// Idea         "join the shortest queue", made fair to a cloud with many replicas.
/// Determinism  equal queues go to the smaller target number (own nodes first); no valid target:
///              the cloud.
class least_queue {
 public:
  struct config {};
  static constexpr const char* name = "least_queue";

  constexpr least_queue() noexcept = default;
  constexpr explicit least_queue(config) noexcept {}

  [[nodiscard]] static double load(const target_state& s) noexcept {
    return s.replicas == 0
               ? 1e300
               : static_cast<double>(s.busy + s.waiting) / static_cast<double>(s.replicas);
  }
  [[nodiscard]] std::uint32_t choose(const dispatch_view& view, rng&) const noexcept {
    const std::size_t best = detail::best_target(
        view, view.size(), [](const target_state& s, std::size_t) { return load(s); });
    return static_cast<std::uint32_t>(best == detail::none ? view.cloud() : best);
  }
};

static_assert(dispatcher<least_queue>);

}  // namespace muster::inline MUSTER_ABI::kmps
