// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// What a reader does with a row it cannot take as it stands.
enum class bad_row_policy : std::uint8_t {
  fail,    ///< stop with an error that names the line
  skip,    ///< leave the row out and count it
  repair,  ///< use the usual value for a field that only describes demand; else as `skip`
};

/// Why a row is bad.
enum class row_defect : std::uint8_t {
  missing_field,  ///< fewer columns than the format has
  extra_field,    ///< more columns, and not blank
  blank_field,    ///< nothing where a value is needed
  not_a_number,   ///< text in a number
  negative,       ///< a time or an amount below zero
  out_of_range,   ///< a number that no trace of this format has
  unknown_type,   ///< a type the format does not list
  line_too_long,  ///< more characters than a row can have
  broken_text,    ///< control characters: not text at all
};
inline constexpr std::size_t row_defect_count = 9;

/// A few words for tables and messages.
[[nodiscard]] constexpr std::string_view name_of(row_defect d) noexcept {
  constexpr std::array<std::string_view, row_defect_count> names{
      "missing field", "extra field",  "blank field",   "not a number", "negative",
      "out of range",  "unknown type", "line too long", "broken text"};
  const auto i = static_cast<std::size_t>(d);
  return i < names.size() ? names[i] : "unknown defect";
}

/// What a reader saw: `rows == kept + skipped`, and `repaired` of those kept were mended.
struct row_counts {
  std::uint64_t rows = 0;  ///< lines that hold a row, neither blank nor comment nor header
  std::uint64_t kept = 0;
  std::uint64_t skipped = 0;
  std::uint64_t repaired = 0;
  std::array<std::uint64_t, row_defect_count> defects{};  ///< bad rows by their first defect

  // Odd but well-formed: not defects.
  std::uint64_t zero_allowance = 0;      ///< end == start: shorter than the clock's second
  std::uint64_t negative_allowance = 0;  ///< end before start
  std::uint64_t unknown_end = 0;         ///< no end (some formats say 0): it came after the trace
  std::uint64_t unknown_start = 0;       ///< no start: it came before the trace
  std::uint64_t out_of_order = 0;        ///< start before the row above

  friend constexpr bool operator==(const row_counts&, const row_counts&) = default;

  [[nodiscard]] constexpr std::uint64_t of(row_defect d) const noexcept {
    return defects[static_cast<std::size_t>(d)];
  }
};

}  // namespace muster::inline MUSTER_ABI::trace
