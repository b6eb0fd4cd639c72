// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include <muster/nn/detail/crc64.hpp>
#include <muster/nn/parameter_store.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// A number that tells sets of parameters apart: CRC-64/XZ of their bytes. Two who show the same
/// number act alike; sets that differ show different ones but for one case in 2^64.
/// Cost  one pass over the bytes, about 0.4 GB/s.
template <class T>
requires std::is_arithmetic_v<T>
[[nodiscard]] std::uint64_t parameter_hash(std::span<const T> values) noexcept {
  return detail::crc64(std::as_bytes(values));
}
/// The same of a store, wherever its memory is. Allocates where that is not the host's.
template <class T, class Backend>
[[nodiscard]] std::uint64_t parameter_hash(const parameter_store<T, Backend>& store) {
  const auto all = store.values();
  if constexpr (Backend::host_memory) {
    return parameter_hash(std::span<const T>{all.data(), all.size()});
  } else {
    std::vector<T> host(all.size());
    store.backend().download(num::view<const T>{all}, std::span<T>{host});
    return parameter_hash(std::span<const T>{host});
  }
}

}  // namespace muster::inline MUSTER_ABI::nn
