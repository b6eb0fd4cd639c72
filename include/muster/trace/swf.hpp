// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <muster/core/contracts.hpp>
#include <muster/trace/detail/row_reader.hpp>
#include <muster/trace/table.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// A job of an SWF log: a task, and what else the log knows; -1 = not known.
struct swf_job : task {
  std::int64_t number = -1;                ///< its own
  duration wait = unknown_time;            ///< from submission to the start of the run
  duration requested_time = unknown_time;  ///< the user's estimate of the run
  std::int64_t preceding = -1;             ///< job that must end before this one is submitted
  duration think_time = unknown_time;      ///< from that end to this submission
  std::int32_t status = -1;                ///< 1 completed, 0 failed, 5 cancelled, 2-4 parts
  std::int32_t user = -1, group = -1, executable = -1, queue = -1, partition = -1;

  [[nodiscard]] constexpr bool follows_another() const noexcept { return preceding > 0; }
  /// When it began to run; its submission where the wait is not known.
  [[nodiscard]] constexpr instant began() const noexcept {
    return wait.us > 0 ? start + wait : start;
  }
  friend constexpr bool operator==(const swf_job&, const swf_job&) = default;
};

/// What the comments at the head of an SWF log say; -1 or empty = nothing.
struct swf_header {
  std::string computer, installation, time_zone;  ///< Computer, Installation, TimeZoneString
  std::int64_t unix_start_time = -1;              ///< when submit time 0 was
  std::int64_t max_jobs = -1, max_records = -1, max_nodes = -1, max_procs = -1;
  std::int64_t max_queues = -1, max_partitions = -1;
};

/// Reads the Standard Workload Format of the Parallel Workloads Archive, version 2.2.
///
/// Source    D. Feitelson, "The Standard Workload Format", Parallel Workloads Archive. Eighteen
///           columns separated by blanks, -1 = not known; lines that begin with ; are comments,
///           some of which are `Label: value`.
/// Meaning   start = submit time (2), allowance = run time (4), cpu = requested processors (8),
///           else allocated ones (5); memory in GB = requested memory (10), else used memory (7),
///           times the processors, 0 where neither is known; type 0.
/// Accepted  numbers with fractions; comments and blank lines anywhere.
/// Counted   run time 0 is one below half a second: kept, unless `keep_zero` is false. A negative
///           one (-1: not known) is no run: the job is left out unless `keep_negative`. Lines of
///           status 2 to 4 are parts of a checkpointed job that has a line of its own, so they
///           are left out unless `keep_parts`.
/// Repair    no processors given: 1; columns behind the 18th are ignored.
/// Trap      some logs extend the format: set `extended`. In that of CERIT-SC, field 10 is in
///           bytes for the whole job: `memory_unit` = 1, `memory_per_processor` = false.
/// Cost      one pass; memory for one line.
class swf : public detail::row_reader<swf> {
 public:
  using row = swf_job;
  struct config {
    bad_row_policy bad_rows = bad_row_policy::fail;
    bool keep_negative = false;        ///< keep jobs with a negative run time
    bool keep_zero = true;             ///< keep jobs with run time 0
    bool keep_parts = false;           ///< keep the parts of checkpointed jobs
    bool extended = false;             ///< allow columns behind the 18th
    double memory_unit = 1024.0;       ///< bytes, of fields 7 and 10; > 0
    bool memory_per_processor = true;  ///< those fields are for one processor, not for the job
    std::size_t max_line = 65'536;     ///< characters; longer rows are bad; >= 64
  };

  explicit swf(std::string_view file_name) : swf(file_name, config{}) {}
  swf(std::string_view file_name, config c)
      : row_reader{file_name, layout, ' ', c.bad_rows, c.max_line, c.keep_negative}, config_{c} {
    MUSTER_EXPECTS(c.memory_unit > 0.0,
                   "muster: trace::swf needs memory_unit > 0; the format says 1024 bytes");
  }

  /// What has been read of it so far; complete once the first row came.
  [[nodiscard]] const swf_header& header() const noexcept { return header_; }

 private:
  friend row_reader;
  enum column : std::size_t {
    job_number,
    submit_time,
    wait_time,
    run_time,
    allocated_processors,
    cpu_time,
    used_memory,
    requested_processors,
    requested_time,
    requested_memory,
    status,
    user,
    group,
    executable,
    queue,
    partition,
    preceding_job,
    think_time,
    columns
  };
  static constexpr std::array<detail::column_form, columns> layout{
      {{"job_number", "a whole number from 1"},
       {"submit_time", "seconds since the start of the log such as 8"},
       {"wait_time", "seconds such as 308426, or -1"},
       {"run_time", "seconds such as 31039, or -1"},
       {"allocated_processors", "a number such as 30, or -1"},
       {"cpu_time", "seconds such as 129.02, or -1"},
       {"used_memory", "kilobytes such as 18432, or -1"},
       {"requested_processors", "a number such as 30; or that of allocated_processors"},
       {"requested_time", "seconds such as 37980, or -1"},
       {"requested_memory", "kilobytes such as 18432, or -1"},
       {"status", "a number such as 1, or -1"},
       {"user", "a number such as 1, or -1"},
       {"group", "a number such as 1, or -1"},
       {"executable", "a number such as 1, or -1"},
       {"queue", "a number such as 1, or -1"},
       {"partition", "a number such as 1, or -1"},
       {"preceding_job", "a job number such as 7, or -1"},
       {"think_time", "seconds such as 60, or -1"}}};

  bool first_line(std::string_view text) {
    if (is_comment(text)) return read_comment(text), false;
    if (blank_cut(text).columns == 1 && text.find(',') != text.npos) {
      return refuse("the columns of the first row are separated by commas", "", wanted());
    }
    return true;
  }

  template <class Keep>
  void take(std::string_view text, Keep& keep) {
    if (is_comment(text)) return read_comment(text);
    detail::split_result split = blank_cut(text);
    if (config_.extended) split.extra = false;
    detail::field_reader f = fields(split);
    swf_job j;
    j.line = line_number();
    j.number = integer<std::int64_t>(f, job_number, 1e15);
    j.start = instant{} + time(f, submit_time);
    if (j.start < instant{}) f.fail(row_defect::negative, submit_time);
    j.wait = time(f, wait_time);
    j.allowance = time(f, run_time);
    j.requested_time = time(f, requested_time);
    j.preceding = integer<std::int64_t>(f, preceding_job, 1e15);
    j.think_time = time(f, think_time);
    j.status = id(f, status);
    j.user = id(f, user);
    j.group = id(f, group);
    j.executable = id(f, executable);
    j.queue = id(f, queue);
    j.partition = id(f, partition);
    const bool is_part = j.status >= 2 && j.status <= 4 && !config_.keep_parts;
    const bool no_run = (j.allowance < duration{} && !config_.keep_negative) ||
                        (j.allowance == duration{} && !config_.keep_zero);
    if (!is_part && !no_run) read_demand(f, j);  // cancelled jobs may have none
    if (!usable(f, text)) return;
    if (is_part) return leave_out();
    if (j.allowance == unknown_time) ++counts_.unknown_end;
    if (j.allowance == duration{} && !config_.keep_zero) {
      ++counts_.zero_allowance;
      return leave_out();
    }
    give(j, f.flaw().has_value(), keep);
  }

  void read_demand(detail::field_reader& f, swf_job& j) const {
    double processors = f.real(requested_processors, 1e9);
    const double allocated = f.real(allocated_processors, 1e9);
    if (processors <= 0.0) processors = allocated;
    if (processors <= 0.0) {
      f.fail(row_defect::blank_field, requested_processors, true);
      processors = 1.0;
    }
    double memory = f.real(requested_memory, 1e15);
    const double used = f.real(used_memory, 1e15);
    if (memory <= 0.0) memory = (std::max)(used, 0.0);
    const double share = config_.memory_per_processor ? processors : 1.0;
    j.cpu = static_cast<float>(processors);
    j.memory = static_cast<float>(memory * share * config_.memory_unit / 1'073'741'824.0);
  }

  static duration time(detail::field_reader& f, std::size_t column) {
    return from_seconds(f.real(column, 4e9));  // 127 years, and Unix times
  }
  template <class Integer>
  static Integer integer(detail::field_reader& f, std::size_t column, double limit) {
    return static_cast<Integer>(f.real(column, limit));
  }
  static std::int32_t id(detail::field_reader& f, std::size_t column) {
    return integer<std::int32_t>(f, column, 2e9);
  }

  detail::split_result blank_cut(std::string_view text) noexcept {
    std::fill(field_.begin(), field_.end(), std::string_view{});
    detail::split_result r;
    const char* p = text.data();
    const char* const end = p + text.size();
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (true) {
      while (p != end && is_blank(*p)) ++p;
      if (p == end) return r;
      const char* const begin = p;
      for (; p != end && !is_blank(*p); ++p) {
        r.broken = r.broken || static_cast<unsigned char>(*p) < 0x20;
      }
      if (r.columns < field_.size()) {
        field_[r.columns] = {begin, static_cast<std::size_t>(p - begin)};
      } else {
        r.extra = true;
      }
      ++r.columns;
    }
  }

  static bool is_comment(std::string_view text) { return detail::trim(text).starts_with(';'); }

  void read_comment(std::string_view text) {
    text = detail::trim(text);
    text.remove_prefix(1);
    const std::size_t colon = text.find(':');
    if (colon == text.npos) return;
    const std::string_view label = detail::trim(text.substr(0, colon));
    const std::string_view value = detail::trim(text.substr(colon + 1));
    const auto words = [&](std::string_view name, std::string& to) {
      if (label == name) to = value;
    };
    const auto number = [&](std::string_view name, std::int64_t& to) {
      double n = 0.0;
      const auto digits = value.substr(0, value.find_first_of(" \t"));
      if (label == name && detail::read_real(digits, 1e15, n) == detail::number_state::good) {
        to = static_cast<std::int64_t>(n);
      }
    };
    words("Computer", header_.computer);
    words("Installation", header_.installation);
    words("TimeZoneString", header_.time_zone);
    number("UnixStartTime", header_.unix_start_time);
    number("MaxJobs", header_.max_jobs);
    number("MaxRecords", header_.max_records);
    number("MaxNodes", header_.max_nodes);
    number("MaxProcs", header_.max_procs);
    number("MaxQueues", header_.max_queues);
    number("MaxPartitions", header_.max_partitions);
  }

  config config_;
  swf_header header_;
};

static_assert(trace_reader<swf>);

}  // namespace muster::inline MUSTER_ABI::trace
