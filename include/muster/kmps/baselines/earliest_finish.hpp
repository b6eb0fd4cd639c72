// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/dispatcher.hpp>
#include <muster/kmps/detail/best_target.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// The valid target from which the answer should be back first.
///
/// Idea         travel, backlog per replica and execution at the target's speed, added up: with
///              queues ordered by `queue::earliest_deadline` this is the strongest rule here.
/// Equation     pick = argmin_k  2 latency_k + max(0, backlog_k / replicas_k - latency_k) + w /
/// speed_k,
///              without the middle term where a replica is idle
/// Determinism  equal times go to the smaller target number; no valid target: the cloud.
class earliest_finish {
 public:
  struct config {};
  static constexpr const char* name = "earliest_deadline_fastest";

  constexpr earliest_finish() noexcept = default;
  constexpr explicit earliest_finish(config) noexcept {}

  [[nodiscard]] std::uint32_t choose(const dispatch_view& view, rng&) const noexcept {
    const std::size_t best = detail::best_target(
        view, view.size(),
        [&](const target_state&, std::size_t k) { return view.estimated_answer(k); });
    return static_cast<std::uint32_t>(best == detail::none ? view.cloud() : best);
  }
};

static_assert(dispatcher<earliest_finish>);

}  // namespace muster::inline MUSTER_ABI::kmps
