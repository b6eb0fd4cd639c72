// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <span>

#include <muster/core/thread_pool.hpp>
#include <muster/federated/detail/kernels.hpp>

namespace muster::inline MUSTER_ABI::federated::detail {

/// f(i) for i < n, on the pool if there is one.
template <class F>
void for_each(thread_pool* pool, std::size_t n, F&& f) {
  if (pool != nullptr) return pool->for_each(n, f);
  for (std::size_t i = 0; i < n; ++i) f(i);
}

/// f(first, count) for blocks that cover 0 ... n - 1. The cuts do not depend on the threads.
template <class F>
void for_each_block(thread_pool* pool, std::size_t n, std::size_t block, F&& f) {
  for_each(pool, (n + block - 1) / block,
           [&](std::size_t i) { f(i * block, (std::min)(block, n - i * block)); });
}

/// f(share, from, to) for as many shares of 0 ... n - 1 as threads work: for loops in which every
/// thread needs memory of its own. The answer for an index must not depend on its share.
[[nodiscard]] inline std::size_t shares_of(const thread_pool* pool) {
  return pool == nullptr ? 1 : pool->size();
}
template <class F>
void for_each_share(thread_pool* pool, std::size_t n, F&& f) {
  const std::size_t shares = shares_of(pool);
  for_each(pool, shares, [&](std::size_t i) { f(i, i * n / shares, (i + 1) * n / shares); });
}

/// out = Σ a_k x_k over the clients, in double precision and the order given; whether all of it
/// is finite. It is not if some number of some client is not, whatever the client's weight.
inline bool mean_into(thread_pool* pool, std::span<const float* const> x, std::span<const double> a,
                      std::span<float> out) {
  std::atomic<bool> finite{true};
  for_each_block(pool, out.size(), mean_block, [&](std::size_t first, std::size_t n) {
    if (!kernels().mean(x.data(), a.data(), x.size(), first, n, out.data())) {
      finite.store(false, std::memory_order_relaxed);
    }
  });
  return finite.load(std::memory_order_relaxed);
}

}  // namespace muster::inline MUSTER_ABI::federated::detail
