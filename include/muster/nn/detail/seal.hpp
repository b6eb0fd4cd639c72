// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include <muster/core/contracts.hpp>
#include <muster/nn/detail/crc64.hpp>
#include <muster/nn/detail/safetensors_record.hpp>

/// The checksum of a checkpoint, which stands within the file that it covers: all bytes count,
/// its own 16 digits as zeros.
namespace muster::inline MUSTER_ABI::nn::detail {

inline constexpr std::string_view seal_name = "crc64-xz:";
inline constexpr std::string_view seal_zeros = "0000000000000000";

/// 16 lower-case digits.
[[nodiscard]] inline std::string hex(std::uint64_t x) {
  std::string text(16, '0');
  for (std::size_t k = 16; k-- > 0; x >>= 4) text[k] = "0123456789abcdef"[x & 15];
  return text;
}

/// Puts the checksum in the place of the zeros that the file has for it.
inline void seal(std::string& file) {
  const std::string label = "\"checksum\":\"" + std::string{seal_name};
  const std::size_t place = file.find(label + std::string{seal_zeros});
  MUSTER_EXPECTS(place != std::string::npos,
                 "muster: nn::detail::seal needs a file with zeros as its checksum");
  const std::string sum = hex(crc64(std::as_bytes(std::span{file})));
  file.replace(place + label.size(), sum.size(), sum);
}

struct seal_state {
  bool known_form = false;
  std::string written;  // as the file has it
  std::string actual;   // as it should be
};

[[nodiscard]] inline seal_state check_seal(const safetensors_header::note& note,
                                           std::span<const std::byte> file,
                                           std::size_t header_end) {
  seal_state s;
  const std::size_t length = seal_zeros.size();
  const std::size_t digits = note.position + seal_name.size();
  // The digits must stand in the file as they are read, without escapes.
  if (note.value.size() != seal_name.size() + length || !note.value.starts_with(seal_name) ||
      digits + length > header_end ||
      std::memcmp(note.value.data() + seal_name.size(), file.data() + digits, length) != 0)
    return s;
  s.known_form = true;
  s.written = note.value.substr(seal_name.size());
  std::uint64_t sum = crc64(file.first(digits));
  sum = crc64(std::as_bytes(std::span{seal_zeros}), sum);
  s.actual = hex(crc64(file.subspan(digits + length), sum));
  return s;
}

}  // namespace muster::inline MUSTER_ABI::nn::detail
