// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <muster/core/result.hpp>
#include <muster/nn/detail/json.hpp>
#include <muster/nn/detail/safetensors_parser.hpp>
#include <muster/nn/detail/safetensors_record.hpp>

namespace muster::inline MUSTER_ABI::nn {

/// Reads the header of a safetensors file that is in memory, strictly.
///
/// Source   the format of the safetensors project: 8 bytes little-endian length N, N bytes of
///          JSON {name: {"dtype", "shape", "data_offsets"}}, then the arrays, packed.
/// Refuses  N above 100 MB or beyond the file, JSON of any other form, unknown keys and dtypes,
///          duplicate names, ranges that overlap, leave gaps or differ from shape and dtype, and
///          bytes after the last array. Never reads outside `file`, whatever is in it.
/// Cost     O(header + tensors log tensors), no recursion; memory at most a few times the header.
[[nodiscard]] inline result<safetensors_header> parse_safetensors(std::span<const std::byte> file,
                                                                  std::string_view file_name) {
  return detail::safetensors_parser{file, file_name}.run();
}

/// The length and the header, padded with spaces to a multiple of 8 bytes.
/// The records' `begin` and `end` must already be packed from 0 on.
[[nodiscard]] inline std::string format_safetensors_header(
    std::span<const tensor_record> tensors,
    std::span<const std::pair<std::string, std::string>> metadata) {
  static_assert(std::endian::native == std::endian::little,
                "muster: nn::safetensors copies memory as it is; use a little-endian machine");
  std::string text(8, '\0');
  text += "{\"__metadata__\":{";
  for (std::size_t i = 0; i < metadata.size(); ++i) {
    if (i != 0) text += ',';
    text += detail::json_quoted(metadata[i].first) + ':' + detail::json_quoted(metadata[i].second);
  }
  text += '}';
  for (const tensor_record& t : tensors) {
    text += ',' + detail::json_quoted(t.name) + ":{\"dtype\":" + detail::json_quoted(t.dtype) +
            ",\"shape\":[";
    for (std::size_t i = 0; i < t.shape.size(); ++i) {
      if (i != 0) text += ',';
      text += std::to_string(t.shape[i]);
    }
    text += "],\"data_offsets\":[" + std::to_string(t.begin) + ',' + std::to_string(t.end) + "]}";
  }
  text += '}';
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size() - 8;
  std::memcpy(text.data(), &length, 8);
  return text;
}

/// The dtype of a C++ number.
template <class T>
requires std::is_arithmetic_v<T>
[[nodiscard]] constexpr std::string_view dtype_of() noexcept {
  if constexpr (std::is_same_v<T, bool>) {
    return "BOOL";
  } else if constexpr (std::is_floating_point_v<T>) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8,
                  "muster: nn::dtype_of has no name for long double; use double");
    return sizeof(T) == 4 ? "F32" : "F64";
  } else {
    constexpr std::string_view names[2][4] = {{"U8", "U16", "U32", "U64"},
                                              {"I8", "I16", "I32", "I64"}};
    return names[std::is_signed_v<T> ? 1 : 0][std::bit_width(sizeof(T)) - 1];
  }
}

}  // namespace muster::inline MUSTER_ABI::nn
