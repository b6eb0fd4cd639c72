// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/queue/detail/pick_first.hpp>

namespace muster::inline MUSTER_ABI::queue {

/// Serves the job that arrived first: FIFO, the baseline of every queue.
///
/// Idea      fair and without starvation, but a long job makes all behind it wait.
/// Equation  pick = argmin_i a_i
/// Symbols   a_i = job::arrival
/// Cost      O(n) per pick, no allocation.
/// Determinism  equal arrivals go to the smaller id.
class arrival_order {
 public:
  struct config {};

  constexpr arrival_order() noexcept = default;
  constexpr explicit arrival_order(config) noexcept {}

  [[nodiscard]] constexpr bool before(const job& a, const job& b) const noexcept {
    return a.arrival != b.arrival ? a.arrival < b.arrival : a.id < b.id;
  }
  [[nodiscard]] constexpr std::size_t pick(std::span<const job> waiting, instant) const noexcept {
    return detail::pick_first(waiting, [this](auto& a, auto& b) { return before(a, b); });
  }
};

static_assert(ordered_dequeue_strategy<arrival_order>);

}  // namespace muster::inline MUSTER_ABI::queue
