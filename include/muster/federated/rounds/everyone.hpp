// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <muster/concepts/round_rule.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// A round ends when all who were chosen have sent their models: the classic synchronous round.
///
/// Idea    who leaves, falls asleep or is refused is waited for no longer, so a round ends as long
///         as somebody sends something. The slowest client sets the pace.
/// Source  H. McMahan, E. Moore, D. Ramage, S. Hampson, B. Agüera y Arcas: Communication-Efficient
///         Learning of Deep Networks from Decentralized Data, AISTATS 2017, Algorithm 1.
class everyone {
 public:
  static constexpr bool restarts = false;

  [[nodiscard]] constexpr bool closes(const round_progress& p) const noexcept {
    return p.waiting == 0;
  }
  [[nodiscard]] constexpr instant deadline(std::uint64_t, instant) const noexcept { return never; }
};

static_assert(round_rule<everyone>);

}  // namespace muster::inline MUSTER_ABI::federated
