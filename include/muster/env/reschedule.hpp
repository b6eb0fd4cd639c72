// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <muster/concepts/rescheduler.hpp>

namespace muster::inline MUSTER_ABI::env {

/// Urgent requests stay where they are; they only go to the head of their queue.
struct stay_put {
  static constexpr bool moves = false;
  [[nodiscard]] constexpr std::uint32_t move(const dispatch_view&,
                                             std::uint32_t current) const noexcept {
    return current;
  }
};

/// Sends urgent requests where they can start at once: own cluster, else a neighbour, else the
/// cloud.
///
/// Idea      a request that waits behind others while its time runs out is moved to a target
///           with an idle replica, if it can still be answered on time from there. The level is
///           the first that has such a target; on it, the best score wins.
/// Source    KMPS IV-A.3 (ii): in long slots, high-priority tasks go "to resource-sufficient nodes
///           or neighbouring clusters". Score and weights are those of the released program,
///           which looks at the own cluster and the cloud only.
/// Equation  score_k = w1 (d - a_k) / (d - t) + w2 free cores + w3 free memory, both as shares
/// Symbols   d = deadline, t = now, a_k = when its answer would be back from k
/// Cost      O(targets) per urgent request that waits, no allocation.
/// Determinism  equal scores go to the smaller target number.
class relocate_urgent {
 public:
  struct config {
    double slack = 0.6;   ///< w1, >= 0
    double cpu = 0.2;     ///< w2, >= 0
    double memory = 0.2;  ///< w3, >= 0
  };
  static constexpr bool moves = true;

  constexpr relocate_urgent() noexcept = default;
  constexpr explicit relocate_urgent(config c) noexcept : config_{c} {}

  [[nodiscard]] std::uint32_t move(const dispatch_view& view,
                                   std::uint32_t current) const noexcept {
    const double left = (view.request.deadline - view.now).seconds();
    std::size_t best = current;
    double best_score = -1.0;
    for (std::size_t k = 0; k < view.size(); ++k) {
      // Levels are ranges of numbers: own nodes, neighbours, the cloud.
      if (best != current && view.kind(k) != view.kind(best)) break;
      if (k == current || !view.valid(k)) continue;
      const target_state s = view[k];
      if (s.idle() == 0) continue;
      const instant answer = view.now + view.between(current, k) +
                             duration{dispatch_view::at_speed(view.request.work.us, s.speed)} +
                             s.latency;
      if (answer > view.request.deadline) continue;
      const double spare = left > 0.0 ? (view.request.deadline - answer).seconds() / left : 0.0;
      const double score = config_.slack * spare + config_.cpu * (1.0 - s.cpu_use()) +
                           config_.memory * (1.0 - s.memory_use());
      if (score > best_score) {
        best = k;
        best_score = score;
      }
    }
    return static_cast<std::uint32_t>(best);
  }

 private:
  config config_{};
};

static_assert(rescheduler<stay_put> && rescheduler<relocate_urgent>);

}  // namespace muster::inline MUSTER_ABI::env
