// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/federated/detail/blocks.hpp>
#include <muster/federated/detail/scratch.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// Looks at every coordinate's numbers of all clients: out[j] = kernel(x_1[j], x_2[j], ...);
/// whether all numbers are finite. `keys` is scratch.
inline bool over_columns(thread_pool* pool, bool (*kernel)(const column_call&),
                         std::span<const float* const> x, std::size_t drop,
                         scratch<std::int32_t>& keys, std::span<float> out) {
  const std::size_t columns = kernels().columns, room = x.size() * columns;
  std::int32_t* const all_keys = keys.take(shares_of(pool) * room).data();
  std::atomic<bool> finite{true};
  const std::size_t tiles = (out.size() + columns - 1) / columns;
  for_each_share(pool, tiles, [&](std::size_t share, std::size_t from, std::size_t to) {
    for (std::size_t tile = from; tile < to; ++tile) {
      const std::size_t first = tile * columns;
      if (!kernel({.x = x.data(),
                   .clients = x.size(),
                   .first = first,
                   .n = (std::min)(columns, out.size() - first),
                   .drop = drop,
                   .keys = all_keys + share * room,
                   .out = out.data()})) {
        finite.store(false, std::memory_order_relaxed);
      }
    }
  });
  return finite.load(std::memory_order_relaxed);
}

}  // namespace muster::inline MUSTER_ABI::federated::detail
