// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/queue/detail/pick_first.hpp>

namespace muster::inline MUSTER_ABI::queue {

/// Serves the job that was given the least time in all, however long it has waited.
///
/// Idea      the allowance stands in for the size of the job, so this is close to "shortest
///           first", and starves requests with a generous deadline under load.
/// Source    the order of every queue in the released program of KMPS (the paper describes
///           another one, see adaptive_hybrid): by d - a, then d, then a.
/// Equation  pick = argmin_i (d_i - a_i, d_i)
/// Symbols   d_i = job::deadline, a_i = job::arrival
/// Cost      O(n) per pick, no allocation.
/// Determinism  remaining ties go to the smaller id (equal d - a and d leave a equal too).
class shortest_allowance {
 public:
  struct config {};

  constexpr shortest_allowance() noexcept = default;
  constexpr explicit shortest_allowance(config) noexcept {}

  [[nodiscard]] constexpr bool before(const job& a, const job& b) const noexcept {
    const duration allowed_a = a.deadline - a.arrival;
    const duration allowed_b = b.deadline - b.arrival;
    if (allowed_a != allowed_b) return allowed_a < allowed_b;
    return a.deadline != b.deadline ? a.deadline < b.deadline : a.id < b.id;
  }
  [[nodiscard]] constexpr std::size_t pick(std::span<const job> waiting, instant) const noexcept {
    return detail::pick_first(waiting, [this](auto& a, auto& b) { return before(a, b); });
  }
};

static_assert(ordered_dequeue_strategy<shortest_allowance>);

}  // namespace muster::inline MUSTER_ABI::queue
