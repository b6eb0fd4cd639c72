// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include <muster/core/contracts.hpp>
#include <muster/core/job.hpp>

namespace muster::inline MUSTER_ABI::queue::detail {

/// Index of the first job of the strict order `before`; one pass, `waiting` not empty.
template <class Before>
[[nodiscard]] constexpr std::size_t pick_first(std::span<const job> waiting,
                                               Before before) noexcept {
  MUSTER_EXPECTS(!waiting.empty(),
                 "muster: queue: pick from an empty queue; ask only while jobs wait");
  std::size_t best = 0;
  for (std::size_t i = 1; i < waiting.size(); ++i) {
    if (before(waiting[i], waiting[best])) best = i;
  }
  return best;
}

}  // namespace muster::inline MUSTER_ABI::queue::detail
