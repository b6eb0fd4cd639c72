// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/queue/detail/pick_first.hpp>

namespace muster::inline MUSTER_ABI::queue {

/// Serves the job closest to its timeout.
///
/// Idea      a request that can still be saved and has the least waiting left goes first; one
///           whose timeout has passed is no longer close to it, so it goes last.
/// Source    the "delay-greedy" baseline of KMPS (section IV: requests sorted by timeout
///           proximity, closest first); the paper leaves open what happens to expired requests.
/// Equation  r_i(t) = d_i - t; pick = argmin r_i over r_i >= 0, else the least late one (argmax
/// r_i) Symbols   d_i = job::deadline, t = now, r_i = waiting left Cost      O(n) per pick, no
/// allocation. Determinism  equal times go to the smaller id. See       earliest_deadline: the same
/// order while nothing has expired. It serves expired jobs
///           first, so its order is fixed; this one changes as deadlines pass.
class delay_greedy {
 public:
  struct config {};

  constexpr delay_greedy() noexcept = default;
  constexpr explicit delay_greedy(config) noexcept {}

  [[nodiscard]] constexpr std::size_t pick(std::span<const job> waiting,
                                           instant now) const noexcept {
    return detail::pick_first(waiting, [now](const job& a, const job& b) {
      const bool a_expired = a.deadline < now;
      const bool b_expired = b.deadline < now;
      if (a_expired != b_expired) return b_expired;
      if (a.deadline != b.deadline) return (a.deadline < b.deadline) != a_expired;
      return a.id < b.id;
    });
  }
};

static_assert(dequeue_strategy<delay_greedy>);

}  // namespace muster::inline MUSTER_ABI::queue
