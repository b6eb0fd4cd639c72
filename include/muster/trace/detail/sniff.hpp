// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include <muster/trace/detail/csv_field.hpp>

namespace muster::inline MUSTER_ABI::trace::detail {

/// Whether a line has bytes that no text has (a tab is text, bytes above 127 may be UTF-8).
[[nodiscard]] constexpr bool has_control(std::string_view line) noexcept {
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7F) return true;
  }
  return false;
}

/// What a file looks like when it is surely not comma-separated text; empty when it may be.
/// Reads the first line only, which may be cut off.
[[nodiscard]] constexpr std::string_view wrong_file_type(std::string_view first) noexcept {
  if (first.starts_with("\x1F\x8B")) return "this is gzip-compressed data";
  if (first.starts_with("PK\x03\x04")) return "this is a zip archive";
  if (first.starts_with("BZh")) return "this is bzip2-compressed data";
  if (first.starts_with("\xFD"
                        "7zXZ"))
    return "this is xz-compressed data";
  if (first.starts_with("\x28\xB5\x2F\xFD")) return "this is zstandard-compressed data";
  if (first.starts_with("\xFF\xFE") || first.starts_with("\xFE\xFF")) return "this is UTF-16 text";
  if (has_control(first)) return "this is binary data";
  const std::string_view text = trim(first);
  if (text.starts_with('{') || text.starts_with('[')) return "this looks like JSON";
  if (text.starts_with('<')) return "this looks like HTML or XML";
  return {};
}

}  // namespace muster::inline MUSTER_ABI::trace::detail
