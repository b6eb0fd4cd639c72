// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <muster/core/result.hpp>
#include <muster/trace/bad_rows.hpp>
#include <muster/trace/detail/csv_field.hpp>
#include <muster/trace/detail/sniff.hpp>

namespace muster::inline MUSTER_ABI::trace::detail {

/// A column of a format: its name, and what a good value looks like.
struct column_form {
  std::string_view name;
  std::string_view form;
};

/// What is wrong with a row, and in which column (for a missing field: how many there are).
struct row_flaw {
  row_defect defect;
  std::size_t column = 0;
};

/// How a line was cut.
struct split_result {
  std::size_t columns = 0;
  bool extra = false;   ///< a column that found no place is not blank
  bool broken = false;  ///< control characters, or a quote without its partner

  /// What is wrong with it as a row of `expected` columns.
  [[nodiscard]] constexpr std::optional<row_flaw> flaw(std::size_t expected) const noexcept {
    if (broken) return row_flaw{row_defect::broken_text, expected};
    if (columns < expected) return row_flaw{row_defect::missing_field, columns};
    if (extra) return row_flaw{row_defect::extra_field, expected};
    return {};
  }
};

/// Cuts a line at `separator`. A field that begins with a double quote ends at the next single
/// one; the quotes are dropped, and a doubled quote inside stays doubled.
[[nodiscard]] constexpr split_result split_csv(std::string_view text, char separator,
                                               std::span<std::string_view> field) noexcept {
  split_result r;
  const char* p = text.data();
  const char* const end = p + text.size();
  const auto view = [](const char* from, const char* to) {
    return std::string_view{from, static_cast<std::size_t>(to - from)};
  };
  while (true) {
    const char* begin = p;
    std::string_view s;
    const bool quoted = p != end && *p == '"';
    if (quoted) {
      begin = ++p;
      while (p != end && (*p != '"' || (p + 1 != end && p[1] == '"'))) p += *p == '"' ? 2 : 1;
      s = view(begin, p);
      r.broken = r.broken || p == end || has_control(s);
      if (p != end) begin = ++p;
    }
    for (; p != end && *p != separator; ++p) {
      r.broken = r.broken || (static_cast<unsigned char>(*p) < 0x20 && *p != '\t');
    }
    if (quoted) {
      r.broken = r.broken || !trim(view(begin, p)).empty();
    } else {
      s = view(begin, p);
    }
    if (r.columns < field.size()) {
      field[r.columns] = s;
    } else {
      r.extra = r.extra || !trim(s).empty();
    }
    ++r.columns;
    if (p == end) return r;
    ++p;
  }
}

/// Reads the fields of one row and remembers the first that cannot be read; what it gives then
/// is 0. With `mend`, a bad demand is replaced by the usual one and the row stays usable.
class field_reader {
 public:
  constexpr field_reader(std::span<const std::string_view> field, bool mend) noexcept
      : field_{field}, mend_{mend} {}

  [[nodiscard]] constexpr std::string_view text(std::size_t column) const noexcept {
    return trim(field_[column]);
  }
  /// A whole number from 0.
  constexpr std::uint64_t whole(std::size_t column, std::uint64_t limit) noexcept {
    std::uint64_t value = 0;
    check(read_whole(field_[column], limit, value), column, false);
    return value;
  }
  constexpr std::uint64_t whole_demand(std::size_t column, std::uint64_t limit,
                                       std::uint64_t usual) noexcept {
    std::uint64_t value = 0;
    return check(read_whole(field_[column], limit, value), column, true) ? value : usual;
  }
  /// A plain decimal number from 0.
  constexpr double demand(std::size_t column, double limit, double usual) noexcept {
    double value = 0.0;
    return check(read_decimal(field_[column], limit, value), column, true) ? value : usual;
  }
  /// Any number, also negative or with an exponent.
  constexpr double real(std::size_t column, double limit) noexcept {
    double value = 0.0;
    check(read_real(field_[column], limit, value), column, false);
    return value;
  }
  /// ... but not negative.
  constexpr double amount(std::size_t column, double limit) noexcept {
    return amount(column, limit, 0.0, false);
  }
  constexpr double amount_demand(std::size_t column, double limit, double usual) noexcept {
    return amount(column, limit, usual, true);
  }
  /// For what the caller finds wrong. False, unless it is a demand and those are mended.
  constexpr bool fail(row_defect defect, std::size_t column, bool is_demand = false) noexcept {
    if (!flaw_) flaw_ = row_flaw{defect, column};
    const bool mended = is_demand && mend_;
    usable_ = usable_ && mended;
    return mended;
  }

  [[nodiscard]] constexpr bool usable() const noexcept { return usable_; }
  [[nodiscard]] constexpr const std::optional<row_flaw>& flaw() const noexcept { return flaw_; }

 private:
  constexpr double amount(std::size_t column, double limit, double usual, bool is_demand) noexcept {
    double value = 0.0;
    number_state s = read_real(field_[column], limit, value);
    if (s == number_state::good && value < 0.0) s = number_state::negative;
    return check(s, column, is_demand) ? value : usual;
  }
  constexpr bool check(number_state s, std::size_t column, bool is_demand) noexcept {
    switch (s) {
      case number_state::good:
        return true;
      case number_state::blank:
        fail(row_defect::blank_field, column, is_demand);
        break;
      case number_state::negative:
        fail(row_defect::negative, column, is_demand);
        break;
      case number_state::too_large:
        fail(row_defect::out_of_range, column, is_demand);
        break;
      case number_state::not_a_number:
        fail(row_defect::not_a_number, column, is_demand);
        break;
    }
    return false;
  }

  std::span<const std::string_view> field_;
  bool mend_;
  bool usable_ = true;
  std::optional<row_flaw> flaw_;
};

/// `9 columns: a,b,c` for messages.
[[nodiscard]] inline std::string columns_of(std::span<const column_form> layout, char separator) {
  std::string text = std::to_string(layout.size()) + " columns:";
  char between = ' ';
  for (const column_form& c : layout) {
    if (text.size() > 2000) return text + "...";  // a file of another kind may have anything here
    text += between;
    text += printable(c.name, 64);
    between = separator;
  }
  return text;
}

/// The message of a flaw, without file and line.
[[nodiscard]] inline error describe(row_flaw flaw, std::span<const column_form> layout,
                                    std::span<const std::string_view> field, char separator,
                                    std::string_view text, std::size_t max_line) {
  error e;
  const std::string wanted = std::to_string(layout.size());
  std::string shown;
  if (flaw.column < layout.size()) {
    e.field = printable(layout[flaw.column].name, 64);
    e.expected = layout[flaw.column].form;
    shown = quoted(field[flaw.column]);
  }
  switch (flaw.defect) {
    case row_defect::missing_field:
      e.what =
          "missing, the row has only " + std::to_string(flaw.column) + " of " + wanted + " columns";
      break;
    case row_defect::extra_field:
      e.what = "the row has more than " + wanted + " columns";
      e.expected = columns_of(layout, separator);
      break;
    case row_defect::blank_field:
      e.what = "nothing is given";
      break;
    case row_defect::not_a_number:
      e.what = shown + " is not a number";
      break;
    case row_defect::negative:
      e.what = shown + " is negative";
      break;
    case row_defect::out_of_range:
      e.what = shown + " is too large";
      break;
    case row_defect::unknown_type:
      e.what = shown + " is not a known type";
      break;
    case row_defect::line_too_long:
      e = {"the line has more than " + std::to_string(max_line) + " characters", "", 0, "",
           columns_of(layout, separator)};
      break;
    case row_defect::broken_text:
      e = {has_control(text) ? "control characters in " : "a quote that does not end in ", "", 0,
           "", "plain text"};
      e.what += quoted(text);
      break;
  }
  return e;
}

}  // namespace muster::inline MUSTER_ABI::trace::detail
