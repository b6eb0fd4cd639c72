// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/core/time.hpp>
#include <muster/trace/bad_rows.hpp>
#include <muster/trace/detail/line_feeder.hpp>
#include <muster/trace/detail/row_fields.hpp>

namespace muster::inline MUSTER_ABI::trace::detail {

/// The frame of every reader: lines in, rows out, and an account of both.
///
/// Reader derives from it and says what lines mean:
///   - `first_line(text)` -> bool looks at each line until one is a row: false steps over it, or
///     refuses the file;
///   - `take(text, keep)` calls exactly one of `give`, `leave_out` and `bad` for each row;
///   - `at_end()`, if it has state left over; `wanted()` and `describe(flaw, text)`, if it has
///     more to say.
template <class Reader>
class row_reader {
 public:
  /// Takes the next bytes; calls `keep(row)` for each row. Once it has failed, it stays failed.
  template <class Keep>
  [[nodiscard]] result<void> feed(std::span<const char> chunk, Keep&& keep) {
    if (!failure_) {
      lines_.feed({chunk.data(), chunk.size()}, [&](std::string_view text, bool overlong) {
        line(text, overlong, keep);
        return !failure_;
      });
    }
    if (failure_) return *failure_;
    return {};
  }

  /// Takes the end of the text: reads a last line without newline, and gives the counts.
  template <class Keep>
  [[nodiscard]] result<row_counts> finish(Keep&& keep) {
    if (!failure_) {
      lines_.finish([&](std::string_view text, bool overlong) {
        line(text, overlong, keep);
        return true;
      });
    }
    if (failure_) return *failure_;
    self().at_end();
    if (counts_.rows == 0) {
      return error{seen_ ? "there are no rows" : "the file is empty", file_, 0, "",
                   self().wanted()};
    }
    if (counts_.kept == 0 && first_bad_) {
      error e = *first_bad_;
      e.what = "no row can be read, and the first one says: " + e.what;
      return e;
    }
    return counts_;
  }

  [[nodiscard]] const row_counts& counts() const noexcept { return counts_; }
  /// The first bad row, also when it was skipped or repaired.
  [[nodiscard]] const std::optional<error>& first_bad_row() const noexcept { return first_bad_; }
  /// The name that messages give to what is read.
  [[nodiscard]] const std::string& file() const noexcept { return file_; }

 protected:
  /// `layout` must live as long as the reader; `spare` fields beyond it are kept too.
  row_reader(std::string_view file, std::span<const column_form> layout, char separator,
             bad_row_policy bad_rows, std::size_t max_line, bool keep_negative,
             std::size_t spare = 0)
      : file_{file},
        layout_{layout},
        separator_{separator},
        bad_rows_{bad_rows},
        keep_negative_{keep_negative},
        width_{layout.size()},
        lines_{(std::max)(max_line, std::size_t{64})},
        field_(layout.size() + spare) {}

  [[nodiscard]] std::uint64_t line_number() const noexcept { return lines_.number(); }
  [[nodiscard]] bool mends() const noexcept { return bad_rows_ == bad_row_policy::repair; }
  /// Cuts a line into `field_`.
  split_result cut(std::string_view text) noexcept {
    std::fill(field_.begin(), field_.end(), std::string_view{});
    return split_csv(text, separator_, field_);
  }
  /// What reads the fields of a line that was cut so.
  [[nodiscard]] field_reader fields(const split_result& split) const noexcept {
    field_reader f{field_, mends()};
    if (const auto flaw = split.flaw(width_)) {
      f.fail(flaw->defect, flaw->column, flaw->defect == row_defect::extra_field);
    }
    return f;
  }
  /// What a text should be, for messages.
  [[nodiscard]] std::string wanted() const { return columns_of(layout_, separator_); }

  /// Whether the row can be used; if not, it is left out or ends the reading.
  [[nodiscard]] bool usable(const field_reader& f, std::string_view text) {
    if (!f.flaw()) return true;
    if (!f.usable()) return bad(*f.flaw(), text), false;
    note(*f.flaw(), text);
    return true;
  }

  template <class Row, class Keep>
  void give(const Row& row, bool repaired, Keep& keep) {
    if constexpr (requires { row.start + row.allowance; }) {
      if (row.start < last_start_) ++counts_.out_of_order;
      last_start_ = row.start;
      if (row.allowance.us == 0) ++counts_.zero_allowance;
      if (row.allowance.us < 0) {
        ++counts_.negative_allowance;
        if (!keep_negative_) return leave_out();
      }
    }
    ++counts_.rows;
    ++counts_.kept;
    if (repaired) ++counts_.repaired;
    keep(row);
  }

  /// A row that is not wrong, but not wanted.
  void leave_out() noexcept {
    ++counts_.rows;
    ++counts_.skipped;
  }

  void bad(row_flaw flaw, std::string_view text) {
    note(flaw, text);
    ++counts_.rows;
    if (bad_rows_ == bad_row_policy::fail) {
      failure_ = first_bad_;
    } else {
      ++counts_.skipped;
    }
  }

  /// The file is of another kind, under any policy. False, for `first_line`.
  bool refuse(std::string what, std::string_view field, std::string expected) {
    failure_ =
        error{std::move(what), file_, line_number(), std::string{field}, std::move(expected)};
    return false;
  }
  /// Whether the line that was cut names the columns instead of filling them.
  [[nodiscard]] bool is_header() const noexcept {
    std::size_t names = 0;
    for (const std::string_view s : field_) {
      for (const column_form& c : layout_) names += trim(s) == c.name ? 1U : 0U;
    }
    return names >= 2;
  }
  /// A header where there should be none is stepped over by who repairs.
  bool refuse_header(std::string_view why) {
    if (mends()) return false;
    return refuse("the first line is a header", "", std::string{why});
  }

  /// For formats that begin with the names of their columns: `first_line` of them.
  bool read_header(std::string_view text) {
    bool same = cut(text).columns == layout_.size();
    for (std::size_t i = 0; same && i < layout_.size(); ++i) {
      same = trim(field_[i]) == layout_[i].name;
    }
    if (!same) return refuse("the first line is not the header of this format", "", wanted());
    begun_ = true;
    return false;
  }

  void at_end() noexcept {}
  [[nodiscard]] error describe(row_flaw flaw, std::string_view text) const {
    return detail::describe(flaw, layout_, field_, separator_, text, lines_.max_line());
  }

  std::string file_;
  std::span<const column_form> layout_;
  char separator_;
  bad_row_policy bad_rows_;
  bool keep_negative_;
  std::size_t width_;  // how many columns a row has
  row_counts counts_;
  line_feeder lines_;
  std::vector<std::string_view> field_;  // of the line that is being read
  bool begun_ = false;                   // what follows are rows

 private:
  [[nodiscard]] Reader& self() noexcept { return static_cast<Reader&>(*this); }

  template <class Keep>
  void line(std::string_view text, bool overlong, Keep& keep) {
    if (!overlong && trim(text).empty()) return;
    if (!begun_) {
      seen_ = true;
      if (const auto kind = wrong_file_type(text); !kind.empty()) {
        refuse(std::string{kind}, "", "plain text (decompress it first, for example with zcat)");
        return;
      }
      if (!self().first_line(text)) return;
      begun_ = true;
    }
    if (overlong) return bad({row_defect::line_too_long, field_.size()}, text);
    self().take(text, keep);
  }

  void note(row_flaw flaw, std::string_view text) {
    ++counts_.defects[static_cast<std::size_t>(flaw.defect)];
    if (first_bad_) return;
    first_bad_ = self().describe(flaw, text);
    first_bad_->file = file_;
    first_bad_->line = line_number();
  }

  bool seen_ = false;  // a line that is not blank
  instant last_start_{};
  std::optional<error> first_bad_;
  std::optional<error> failure_;
};

}  // namespace muster::inline MUSTER_ABI::trace::detail
