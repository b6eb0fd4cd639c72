// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/queue/detail/pick_first.hpp>

namespace muster::inline MUSTER_ABI::queue {

/// Serves the job whose deadline comes first (EDF).
///
/// Idea      on one server, if any order meets every deadline then this one does.
/// Source    J. R. Jackson: Scheduling a production line to minimize maximum tardiness, 1955.
/// Equation  pick = argmin_i d_i
/// Symbols   d_i = job::deadline
/// Cost      O(n) per pick, no allocation.
/// Determinism  equal deadlines go to the smaller id.
/// See       delay_greedy, which does not serve expired jobs first; under overload that
///           difference decides whether one late job makes the next one late too.
class earliest_deadline {
 public:
  struct config {};

  constexpr earliest_deadline() noexcept = default;
  constexpr explicit earliest_deadline(config) noexcept {}

  [[nodiscard]] constexpr bool before(const job& a, const job& b) const noexcept {
    return a.deadline != b.deadline ? a.deadline < b.deadline : a.id < b.id;
  }
  [[nodiscard]] constexpr std::size_t pick(std::span<const job> waiting, instant) const noexcept {
    return detail::pick_first(waiting, [this](auto& a, auto& b) { return before(a, b); });
  }
};

static_assert(ordered_dequeue_strategy<earliest_deadline>);

}  // namespace muster::inline MUSTER_ABI::queue
