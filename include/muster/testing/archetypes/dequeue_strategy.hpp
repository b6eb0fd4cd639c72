// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include <muster/concepts/dequeue_strategy.hpp>

namespace muster::inline MUSTER_ABI::testing {

/// Exactly what `dequeue_strategy` asks for and nothing more: it cannot be copied, compared or
/// default-constructed. Code that takes any strategy is compiled with it.
///
/// Picks the smallest id, so that it obeys the laws too.
class dequeue_archetype {
 public:
  static constexpr dequeue_archetype make() noexcept { return dequeue_archetype{0}; }
  dequeue_archetype() = delete;
  dequeue_archetype(const dequeue_archetype&) = delete;
  dequeue_archetype& operator=(const dequeue_archetype&) = delete;
  constexpr dequeue_archetype(dequeue_archetype&&) noexcept {}
  constexpr dequeue_archetype& operator=(dequeue_archetype&&) noexcept { return *this; }

  [[nodiscard]] constexpr std::size_t pick(std::span<const job> waiting, instant) const noexcept {
    std::size_t best = 0;
    for (std::size_t i = 1; i < waiting.size(); ++i) {
      if (waiting[i].id < waiting[best].id) best = i;
    }
    return best;
  }

 private:
  constexpr explicit dequeue_archetype(int) noexcept {}
};

static_assert(dequeue_strategy<dequeue_archetype>);

}  // namespace muster::inline MUSTER_ABI::testing
