// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <muster/core/result.hpp>
#include <muster/trace/bad_rows.hpp>
#include <muster/trace/detail/csv_field.hpp>
#include <muster/trace/task.hpp>

namespace muster::inline MUSTER_ABI::trace::detail {

/// What is wrong with a row, and in which column (for a missing field: how many there are).
struct row_flaw {
  row_defect defect;
  std::size_t column = 0;
};

/// One line of batch_task (Alibaba 2018), cut into its nine columns.
struct alibaba_row {
  enum column_index : std::size_t {
    task_name,
    instance_num,
    job_name,
    task_type,
    status,
    start_time,
    end_time,
    plan_cpu,
    plan_mem,
    columns
  };
  static constexpr std::string_view columns_text =
      "task_name,instance_num,job_name,task_type,status,start_time,end_time,plan_cpu,plan_mem";
  static constexpr std::array<std::string_view, columns> names{
      "task_name",  "instance_num", "job_name", "task_type", "status",
      "start_time", "end_time",     "plan_cpu", "plan_mem"};
  static constexpr std::array<std::string_view, columns> forms{
      "a name",
      "a whole number of instances such as 1",
      "a job such as j_1661",
      "a whole number from 1",
      "a word or nothing",
      "whole seconds since the start of the trace such as 86207",
      "whole seconds since the start of the trace such as 86210",
      "hundredths of a core such as 100",
      "per cent of a machine such as 0.3"};
  /// The columns that only describe how much is asked for.
  static constexpr std::array<std::size_t, 3> demand_columns{instance_num, plan_cpu, plan_mem};

  std::array<std::string_view, columns> field{};

  [[nodiscard]] static constexpr bool is_column_name(std::string_view s) noexcept {
    for (const std::string_view name : names) {
      if (trim(s) == name) return true;
    }
    return false;
  }
  [[nodiscard]] static constexpr bool is_job(std::string_view s) noexcept {
    return trim(s).starts_with("j_");
  }

  /// Fills `field`. Blank columns behind the ninth are normal (a spare comma), and so is a number
  /// in the tenth: some rows of an edition in use carry 1000 x plan_mem there.
  [[nodiscard]] constexpr std::optional<row_flaw> split(std::string_view text) noexcept {
    const char* p = text.data();
    const char* const end = p + text.size();
    std::size_t n = 0;
    bool control = false, extra = false;
    while (true) {
      const char* const begin = p;
      for (; p != end && *p != ','; ++p) {
        control = control || (static_cast<unsigned char>(*p) < 0x20 && *p != '\t');
      }
      const std::string_view s{begin, static_cast<std::size_t>(p - begin)};
      if (n < columns) {
        field[n++] = s;
      } else {
        double unused = 0.0;
        const bool spare = n == columns && read_decimal(s, 1e12, unused) == number_state::good;
        extra = extra || (!spare && !trim(s).empty());
        ++n;
      }
      if (p == end) break;
      ++p;
    }
    if (control) return row_flaw{row_defect::broken_text, columns};
    if (n < columns) return row_flaw{row_defect::missing_field, n};
    if (extra) return row_flaw{row_defect::extra_field, columns};
    return {};
  }

  /// Reads what makes the row an event: type, start and end. There is no usual value for these.
  [[nodiscard]] constexpr std::optional<row_flaw> read_event(std::uint32_t types,
                                                             task& t) const noexcept {
    constexpr std::uint64_t longest = 1'000'000'000;  // seconds: 31 years
    std::uint64_t type = 0, start = 0, end = 0;
    if (const auto flaw = whole(task_type, longest, type)) return flaw;
    if (type < 1 || type > types) return row_flaw{row_defect::unknown_type, task_type};
    if (const auto flaw = whole(start_time, longest, start)) return flaw;
    if (const auto flaw = whole(end_time, longest, end)) return flaw;
    t.type = static_cast<std::uint32_t>(type - 1);
    t.start = instant{} + seconds(static_cast<std::int64_t>(start));
    t.allowance = seconds(static_cast<std::int64_t>(end) - static_cast<std::int64_t>(start));
    return {};
  }

  /// Reads one of `demand_columns`.
  [[nodiscard]] constexpr std::optional<row_flaw> read_demand(std::size_t column,
                                                              task& t) const noexcept {
    if (column == instance_num) {
      std::uint64_t n = 0;
      if (const auto flaw = whole(column, 0xFFFFFFFFU, n)) return flaw;
      t.instances = static_cast<std::uint32_t>(n);
      return {};
    }
    double value = 0.0;
    const number_state s = read_decimal(field[column], column == plan_cpu ? 1e6 : 1e4, value);
    if (s != number_state::good) return row_flaw{defect_of(s), column};
    if (column == plan_cpu) t.cpu = static_cast<float>(value / 100.0);
    if (column == plan_mem) t.memory = static_cast<float>(value);
    return {};
  }

  /// The trace's median, for a demand column that cannot be read.
  static constexpr void usual_demand(std::size_t column, task& t) noexcept {
    if (column == instance_num) t.instances = 1;
    if (column == plan_cpu) t.cpu = 1.0F;
    if (column == plan_mem) t.memory = 0.3F;
  }

  /// The message of a flaw, without file and line.
  [[nodiscard]] error describe(row_flaw flaw, std::string_view text, std::uint32_t types,
                               std::size_t max_line) const {
    error e;
    std::string shown;
    if (flaw.column < columns) {
      e.field = names[flaw.column];
      e.expected = forms[flaw.column];
      shown = quoted(field[flaw.column]);
    }
    if (flaw.column == task_type) e.expected += " to " + std::to_string(types);
    switch (flaw.defect) {
      case row_defect::missing_field:
        e.what = "missing, the row has only " + std::to_string(flaw.column) + " of 9 columns";
        break;
      case row_defect::extra_field:
        e.what = "the row has more than 9 columns";
        e.expected = "9 columns: " + std::string{columns_text};
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
        e = error{"the line has more than " + std::to_string(max_line) + " characters", "", 0, "",
                  "9 columns: " + std::string{columns_text}};
        break;
      case row_defect::broken_text:
        e.what = "control characters in " + quoted(text);
        e.expected = "plain text";
        break;
    }
    return e;
  }

 private:
  [[nodiscard]] static constexpr row_defect defect_of(number_state s) noexcept {
    switch (s) {
      case number_state::blank:
        return row_defect::blank_field;
      case number_state::negative:
        return row_defect::negative;
      case number_state::too_large:
        return row_defect::out_of_range;
      case number_state::good:
      case number_state::not_a_number:
        break;
    }
    return row_defect::not_a_number;
  }
  [[nodiscard]] constexpr std::optional<row_flaw> whole(std::size_t column, std::uint64_t limit,
                                                        std::uint64_t& out) const noexcept {
    const number_state s = read_whole(field[column], limit, out);
    if (s == number_state::good) return {};
    return row_flaw{defect_of(s), column};
  }
};

}  // namespace muster::inline MUSTER_ABI::trace::detail
