// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/trace/detail/row_reader.hpp>
#include <muster/trace/table.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// Reads any table of comma-separated values whose first line names its columns.
///
/// Meaning   `config` says which column is which field of a task and in which unit. A row ends
///           at `end`, or `length` after its start: give one of the two, or neither (allowance 0).
///           Types are words, or numbers taken as words: numbered 0, 1, ... as they first appear.
/// Accepted  any other columns beside; fields in double quotes, with separators but without line
///           ends inside (a doubled quote stays doubled); blank columns behind the last.
/// Counted   rows without a start (`unknown_start`) or an end (`unknown_end`) are left out.
/// Repair    a demand that cannot be read becomes the one of `config`.
/// Cost      one pass; memory for one line, and for the names of the types.
///
///     trace::columns reader{"pods.csv", {.start = "created_ms", .end = "deleted_ms",
///                                        .cpu = "milli_cpu", .type = "app",
///                                        .time_unit = 1e-3, .cpu_unit = 1e-3}};
class columns : public detail::row_reader<columns> {
 public:
  using row = task;
  struct config {
    std::string start = "start";  ///< column of the start, not empty
    std::string end{};            ///< ... of the end; empty, here and below: there is none
    std::string length{};         ///< ... of end - start
    std::string cpu{};            ///< ... of the demand for cores
    std::string memory{};         ///< ... of the demand for memory
    std::string type{};           ///< ... of the type
    std::string instances{};      ///< ... of the number of parallel copies, a whole number
    double time_unit = 1.0;       ///< seconds, of start, end and length; > 0
    double cpu_unit = 1.0;        ///< cores, of cpu; > 0
    double memory_unit = 1.0;     ///< GB, of memory (or per cent, see task::memory); > 0
    double usual_cpu = 1.0;       ///< cores, where a row is repaired
    double usual_memory = 0.0;    ///< as task::memory, where a row is repaired
    char separator = ',';
    bad_row_policy bad_rows = bad_row_policy::fail;
    bool keep_negative = false;      ///< keep rows that end before they start
    std::uint32_t max_types = 4096;  ///< types that are told apart; rows with further ones are bad
    std::size_t max_line = 65'536;   ///< characters; longer rows are bad; >= 64
  };

  explicit columns(std::string_view file_name) : columns(file_name, config{}) {}
  columns(std::string_view file_name, config c)
      : row_reader{file_name, {}, c.separator, c.bad_rows, c.max_line, c.keep_negative},
        config_{std::move(c)} {
    MUSTER_EXPECTS(config_.time_unit > 0.0 && config_.cpu_unit > 0.0 && config_.memory_unit > 0.0,
                   "muster: trace::columns needs units > 0; time_unit is in seconds, cpu_unit in "
                   "cores, memory_unit in GB");
    MUSTER_EXPECTS(!config_.start.empty(),
                   "muster: trace::columns needs a start; name the column of the arrival times");
    MUSTER_EXPECTS(config_.end.empty() || config_.length.empty(),
                   "muster: trace::columns has an end and a length; name one of the two columns");
  }

  /// The words that became the types 0, 1, ...
  [[nodiscard]] const std::vector<std::string>& types() const noexcept { return types_; }

 private:
  friend row_reader;
  static constexpr std::size_t none = ~std::size_t{0};

  bool first_line(std::string_view text) {
    if (text.size() == lines_.max_line()) return refuse("the header is too long", "", wanted());
    const auto separators = std::count(text.begin(), text.end(), config_.separator);
    field_.resize(static_cast<std::size_t>(separators) + 1);
    const detail::split_result split = cut(text);
    if (split.broken) return refuse("a quote does not end in the header", "", wanted());
    field_.resize(split.columns);
    while (field_.size() > 1 && detail::trim(field_.back()).empty()) field_.pop_back();
    for (const std::string_view s : field_) names_.emplace_back(detail::trim(s));
    width_ = names_.size();
    begun_ = place(config_.start, start_) && place(config_.end, end_) &&
             place(config_.length, length_) && place(config_.cpu, cpu_) &&
             place(config_.memory, memory_) && place(config_.type, type_) &&
             place(config_.instances, instances_);
    return false;
  }

  // Finds the column of a field, or refuses the file.
  bool place(const std::string& name, std::size_t& at) {
    at = none;
    if (name.empty()) return true;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (names_[i] != name) continue;
      if (at != none) return refuse("two columns have this name", name, "names that differ");
      at = i;
    }
    if (at != none) return true;
    return refuse("the header has no such column", name,
                  "one of " + detail::columns_of(found(), separator_));
  }

  template <class Keep>
  void take(std::string_view text, Keep& keep) {
    detail::field_reader f = fields(cut(text));
    task t;
    t.line = line_number();
    const bool no_start = is_blank(f, start_);
    const bool no_end = is_blank(f, end_) || is_blank(f, length_);
    if (!no_start) t.start = instant{} + time(f, start_);
    if (!no_end && end_ != none) t.allowance = time(f, end_) - (t.start - instant{});
    if (!no_end && length_ != none) t.allowance = time(f, length_);
    if (!no_start && !no_end) read_demand(f, t);
    if (!usable(f, text)) return;
    if (no_start) ++counts_.unknown_start;
    if (no_end) ++counts_.unknown_end;
    if (no_start || no_end) return leave_out();
    give(t, f.flaw().has_value(), keep);
  }

  void read_demand(detail::field_reader& f, task& t) {
    if (cpu_ != none) {
      const double usual = config_.usual_cpu / config_.cpu_unit;
      t.cpu = static_cast<float>(f.amount_demand(cpu_, 1e15, usual) * config_.cpu_unit);
    }
    if (memory_ != none) {
      const double usual = config_.usual_memory / config_.memory_unit;
      t.memory = static_cast<float>(f.amount_demand(memory_, 1e15, usual) * config_.memory_unit);
    }
    if (instances_ != none) {
      t.instances = static_cast<std::uint32_t>(f.whole_demand(instances_, 0xFFFFFFFFU, 1));
    }
    if (type_ != none && f.usable()) t.type = number_of(f, f.text(type_));
  }

  [[nodiscard]] std::string wanted() const { return "a first line that names the columns"; }
  // The columns of the header, and what is expected in those that are used.
  [[nodiscard]] std::vector<detail::column_form> found() const {
    std::vector<detail::column_form> layout;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      std::string_view form = "any text";
      if (i == start_ || i == end_ || i == length_) form = "a time such as 427.061, or nothing";
      if (i == cpu_ || i == memory_) form = "an amount such as 0.5";
      if (i == instances_) form = "a whole number such as 1";
      if (i == type_) form = "a word of 256 characters, and one of the first max_types";
      layout.push_back({names_[i], form});
    }
    return layout;
  }
  [[nodiscard]] error describe(detail::row_flaw flaw, std::string_view text) const {
    return detail::describe(flaw, found(), field_, separator_, text, lines_.max_line());
  }

  [[nodiscard]] static bool is_blank(const detail::field_reader& f, std::size_t column) noexcept {
    return column != none && f.text(column).empty();
  }

  // Of a start, an end or a length; 127 years at most, so that Unix times fit.
  duration time(detail::field_reader& f, std::size_t column) const {
    return from_seconds(f.real(column, 4e9 / config_.time_unit) * config_.time_unit);
  }

  std::uint32_t number_of(detail::field_reader& f, std::string_view word) {
    const auto before = [this](std::uint32_t i, std::string_view w) { return types_[i] < w; };
    const auto at = std::lower_bound(sorted_.begin(), sorted_.end(), word, before);
    if (at != sorted_.end() && types_[*at] == word) return *at;
    const auto next = static_cast<std::uint32_t>(types_.size());
    if (next >= config_.max_types || word.size() > 256) {
      f.fail(row_defect::unknown_type, type_);
      return 0;
    }
    sorted_.insert(at, next);
    types_.emplace_back(word);
    return next;
  }

  config config_;
  std::vector<std::string> names_;  // of the columns, as the header has them
  std::size_t start_ = none, end_ = none, length_ = none, cpu_ = none, memory_ = none;
  std::size_t type_ = none, instances_ = none;
  std::vector<std::string> types_;     // by their number
  std::vector<std::uint32_t> sorted_;  // the numbers, by their words
};

static_assert(trace_reader<columns>);

}  // namespace muster::inline MUSTER_ABI::trace
