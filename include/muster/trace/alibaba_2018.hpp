// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/trace/bad_rows.hpp>
#include <muster/trace/detail/alibaba_row.hpp>
#include <muster/trace/detail/sniff.hpp>
#include <muster/trace/task.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// Reads table `batch_task` of the Alibaba cluster trace of 2018, from any chunks of plain text.
///
/// Source    alibaba/clusterdata, cluster-trace-v2018. Nine columns and no header line:
///           task_name, instance_num, job_name, task_type, status, start_time, end_time,
///           plan_cpu, plan_mem. The order is that of the files and of schema.txt; the prose
///           description lists task_type before job_name, which the reader notices.
/// Meaning   start = start_time s, allowance = end_time - start_time s, type = task_type - 1,
///           cpu = plan_cpu / 100 cores, memory = plan_mem per cent of a machine.
/// Accepted  LF or CRLF, a byte-order mark, blank lines, spaces around fields, blank fields
///           behind the ninth (a spare comma) or a number in the tenth, any or no status, no
///           newline at the end.
/// Counted   end == start and end < start (among them end 0: not known) are real in this trace.
///           They are kept: nobody can meet them, so leaving them out would flatter everyone.
///           `config::keep_negative` = false drops the negative ones.
/// Cost      one pass; memory for one line (`max_line`), beside what the caller keeps.
/// Safety    any bytes at all give rows or an error; nothing is trusted.
///
///     trace::alibaba_2018 reader{"Task_1.csv"};
///     while (more) if (auto ok = reader.feed(chunk, keep_task); !ok) return ok.failure();
///     auto counts = reader.finish(keep_task);
class alibaba_2018 {
 public:
  struct config {
    bad_row_policy bad_rows = bad_row_policy::fail;
    bool keep_negative = true;    ///< keep rows that end before they start
    std::size_t max_line = 4096;  ///< characters; longer rows are bad; >= 64
    std::uint32_t types = 12;     ///< task_type is 1 .. types
  };

  explicit alibaba_2018(std::string_view file_name) : alibaba_2018(file_name, config{}) {}
  alibaba_2018(std::string_view file_name, config c) : file_{file_name}, config_{c} {
    config_.max_line = (std::max)(config_.max_line, std::size_t{64});
    partial_.reserve(config_.max_line);
  }

  /// Takes the next bytes; calls `keep(const task&)` for each row. Once it has failed, it stays
  /// failed.
  template <class Keep>
  [[nodiscard]] result<void> feed(std::span<const char> chunk, Keep&& keep) {
    std::string_view rest{chunk.data(), chunk.size()};
    while (!failure_ && !rest.empty()) {
      const std::size_t end = rest.find('\n');
      const std::string_view piece = rest.substr(0, end);
      if (partial_.empty() && !overlong_ && end != rest.npos) {
        line(piece, keep);  // the whole line lies in this chunk: no copy
      } else {
        const std::size_t room = config_.max_line + 1 - partial_.size();
        partial_.append(piece.substr(0, room));
        overlong_ = overlong_ || piece.size() > room;
        if (end != rest.npos) flush(keep);
      }
      if (end == rest.npos) break;
      rest.remove_prefix(end + 1);
    }
    if (failure_) return *failure_;
    return {};
  }

  /// Takes the end of the text: reads a last line without newline, and gives the counts.
  template <class Keep>
  [[nodiscard]] result<row_counts> finish(Keep&& keep) {
    if (!failure_ && !partial_.empty()) flush(keep);
    if (failure_) return *failure_;
    if (counts_.rows == 0) {
      return error{"the file is empty", file_, 0, "",
                   "rows of 9 columns: " + std::string{columns_text}};
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

  static constexpr std::string_view columns_text = detail::alibaba_row::columns_text;

 private:
  template <class Keep>
  void flush(Keep& keep) {
    line(partial_, keep);
    partial_.clear();
    overlong_ = false;
  }

  template <class Keep>
  void line(std::string_view text, Keep& keep) {
    ++line_;
    if (line_ == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    if (detail::trim(text).empty()) return;

    if (counts_.rows == 0 && !look_at_first(text)) return;
    ++counts_.rows;
    task t;
    bool repaired = false;
    if (!take(text, t, repaired)) {
      if (config_.bad_rows == bad_row_policy::fail) {
        failure_ = first_bad_;
      } else {
        ++counts_.skipped;
      }
      return;
    }
    if (t.start < last_start_) ++counts_.out_of_order;
    last_start_ = t.start;
    if (t.allowance.us == 0) ++counts_.zero_allowance;
    if (t.allowance.us < 0) {
      ++counts_.negative_allowance;
      if (t.start + t.allowance == instant{}) ++counts_.unknown_end;
      if (!config_.keep_negative) {
        ++counts_.skipped;
        return;
      }
    }
    if (repaired) ++counts_.repaired;
    ++counts_.kept;
    keep(static_cast<const task&>(t));
  }

  // False when the line is not a row: the file is of another kind, or the line is a header.
  bool look_at_first(std::string_view text) {
    const auto refuse = [&](std::string what, std::string_view field, std::string expected) {
      failure_ = error{std::move(what), file_, line_, std::string{field}, std::move(expected)};
      return false;
    };
    if (const auto kind = detail::wrong_file_type(text); !kind.empty()) {
      return refuse(std::string{kind}, "",
                    "plain comma-separated text (decompress it first, for example with zcat)");
    }
    const auto columns = std::count(text.begin(), text.end(), ',') + 1;
    if (columns == 1) {
      return refuse("there is no comma in the first line", "",
                    "9 columns separated by commas: " + std::string{columns_text});
    }
    if (columns == 14 || columns == 15) {
      return refuse("the first line has 14 columns, like table batch_instance", "",
                    "the 9 columns of batch_task: " + std::string{columns_text});
    }
    using row = detail::alibaba_row;
    row r;
    if (r.split(text)) return true;  // reported as a row
    if (row::is_column_name(r.field[row::start_time]) ||
        row::is_column_name(r.field[row::task_type])) {
      if (config_.bad_rows == bad_row_policy::repair) return false;
      return refuse("the first line is a header", "", "rows from the first line on; delete it");
    }
    if (row::is_job(r.field[row::task_type]) && !row::is_job(r.field[row::job_name])) {
      return refuse("job_name and task_type are exchanged", "task_type",
                    "the order of the published files, job_name (j_...) third and task_type "
                    "fourth; the trace's prose description has them the wrong way round");
    }
    return true;
  }

  // False when the row must be left out.
  bool take(std::string_view text, task& t, bool& repaired) {
    const bool mend = config_.bad_rows == bad_row_policy::repair;
    detail::alibaba_row row;
    if (overlong_ || text.size() > config_.max_line) {
      note({row_defect::line_too_long}, row, text);
      return false;
    }
    if (const auto flaw = row.split(text)) {
      note(*flaw, row, text);
      if (!mend || flaw->defect != row_defect::extra_field) return false;
      repaired = true;
    }
    t.line = line_;
    if (const auto flaw = row.read_event(config_.types, t)) {
      note(*flaw, row, text);
      return false;
    }
    for (const auto column : detail::alibaba_row::demand_columns) {
      if (const auto flaw = row.read_demand(column, t)) {
        note(*flaw, row, text);
        if (!mend) return false;
        row.usual_demand(column, t);
        repaired = true;
      }
    }
    return true;
  }

  void note(detail::row_flaw flaw, const detail::alibaba_row& row, std::string_view text) {
    ++counts_.defects[static_cast<std::size_t>(flaw.defect)];
    if (first_bad_) return;
    first_bad_ = row.describe(flaw, text, config_.types, config_.max_line);
    first_bad_->file = file_;
    first_bad_->line = line_;
  }

  std::string file_;
  config config_;
  row_counts counts_;
  std::uint64_t line_ = 0;
  instant last_start_{};
  std::string partial_;    // a line that began in an earlier chunk
  bool overlong_ = false;  // more of it came than is kept
  std::optional<error> first_bad_;
  std::optional<error> failure_;
};

/// All rows of a file, and what the reader saw.
struct table {
  std::vector<task> tasks;
  row_counts counts;
  std::optional<error> first_bad_row;  ///< the first row that was skipped or repaired
};

/// Reads a whole text.
[[nodiscard]] inline result<table> read_alibaba_2018(std::string_view text,
                                                     std::string_view file_name,
                                                     alibaba_2018::config c = {}) {
  alibaba_2018 reader{file_name, c};
  table t;
  const auto keep = [&t](const task& row) { t.tasks.push_back(row); };
  if (auto ok = reader.feed(text, keep); !ok) return ok.failure();
  auto counts = reader.finish(keep);
  if (!counts) return counts.failure();
  t.counts = *counts;
  t.first_bad_row = reader.first_bad_row();
  return t;
}

/// Reads an open file or pipe to its end; does not close it.
[[nodiscard]] inline result<table> read_alibaba_2018(std::FILE* file, std::string_view file_name,
                                                     alibaba_2018::config c = {}) {
  alibaba_2018 reader{file_name, c};
  table t;
  const auto keep = [&t](const task& row) { t.tasks.push_back(row); };
  std::vector<char> chunk(std::size_t{1} << 16);
  for (std::size_t n = 0; (n = std::fread(chunk.data(), 1, chunk.size(), file)) != 0;) {
    if (auto ok = reader.feed({chunk.data(), n}, keep); !ok) return ok.failure();
  }
  if (std::ferror(file) != 0) {
    return error{"reading stopped after an error of the system", std::string{file_name}, 0, "",
                 "a file or pipe that can be read to its end"};
  }
  auto counts = reader.finish(keep);
  if (!counts) return counts.failure();
  t.counts = *counts;
  t.first_bad_row = reader.first_bad_row();
  return t;
}

}  // namespace muster::inline MUSTER_ABI::trace
