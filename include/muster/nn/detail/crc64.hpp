// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::nn::detail {

inline constexpr auto crc64_table = [] {
  std::array<std::uint64_t, 256> table{};
  for (std::uint64_t i = 0; i < 256; ++i) {
    std::uint64_t x = i;
    for (int bit = 0; bit < 8; ++bit) x = (x >> 1) ^ ((x & 1) != 0 ? 0xC96C5795D7870F42U : 0U);
    table[i] = x;
  }
  return table;
}();

/// CRC-64/XZ (ECMA-182 polynomial, reflected): finds every error that spans at most 64 bits,
/// others with probability 1 - 2^-64. Continue a sum by passing the last one.
[[nodiscard]] constexpr std::uint64_t crc64(std::span<const std::byte> bytes,
                                            std::uint64_t sum = 0) noexcept {
  sum = ~sum;
  for (const std::byte b : bytes)
    sum = crc64_table[(sum ^ static_cast<std::uint64_t>(b)) & 0xFF] ^ (sum >> 8);
  return ~sum;
}

}  // namespace muster::inline MUSTER_ABI::nn::detail
