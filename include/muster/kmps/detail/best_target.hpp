// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/dispatch_view.hpp>

namespace muster::inline MUSTER_ABI::kmps::detail {

/// The valid target below `end` with the smallest key, the first of equals; `none` if none is
/// valid. `key(state, k)` is asked once per valid target.
inline constexpr std::size_t none = ~std::size_t{0};

template <class Key>
[[nodiscard]] std::size_t best_target(const dispatch_view& view, std::size_t end, Key key) {
  std::size_t best = none;
  decltype(key(view[0], std::size_t{0})) least{};
  for (std::size_t k = 0; k < end; ++k) {
    if (!view.valid(k)) continue;
    const auto value = key(view[k], k);
    if (best == none || value < least) {
      best = k;
      least = value;
    }
  }
  return best;
}

}  // namespace muster::inline MUSTER_ABI::kmps::detail
