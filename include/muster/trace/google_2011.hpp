// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <muster/core/contracts.hpp>
#include <muster/trace/detail/open_table.hpp>
#include <muster/trace/detail/row_reader.hpp>
#include <muster/trace/table.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// What happened to a task, numbered as in the trace.
enum class google_event : std::uint8_t {
  submit,
  schedule,
  evict,
  fail,
  finish,
  kill,
  lost,
  update_pending,
  update_running
};

/// An attempt to run a task, put together from its events.
struct google_task : task {
  std::uint64_t job = 0;
  std::uint32_t index = 0;            ///< of the task in its job
  duration wait{};                    ///< from SUBMIT to SCHEDULE
  float disk = 0.0F;                  ///< share of the largest machine; 0 = not known
  std::uint8_t priority = 0;          ///< 0 to 11, bigger is more important
  std::uint8_t scheduling_class = 0;  ///< 0 to 3, bigger is more sensitive to latency
  google_event end = google_event::finish;

  friend constexpr bool operator==(const google_task&, const google_task&) = default;
};

/// Reads table `task_events` of the Google cluster trace of 2011.
///
/// Source    C. Reiss, J. Wilkes, J. Hellerstein, "Google cluster-usage traces: format +
///           schema", 2011. Thirteen columns and no header line; part files sorted by time, to
///           be fed one after the other.
/// Idea      a row of the table is an event, and a task ends long after it begins. So the attempts
///           that have begun and not ended are held, each closed and given by the event that ends
///           it: memory follows what is open, not the file.
/// Meaning   start = SUBMIT, allowance = FINISH - SCHEDULE, wait = SCHEDULE - SUBMIT; cpu and
///           memory as last told, by the units of `config`; type = scheduling class. A task that
///           is submitted again after its end is a new attempt. Rows come in the order of ends.
/// Counted   a row is an attempt, or a line that cannot be read. Left out: attempts that end by
///           EVICT, FAIL, KILL or LOST (`joins().unfinished`) unless `keep_unfinished`; those of
///           which SUBMIT or SCHEDULE is not in the text or at time 0, before the trace
///           (`unknown_start`); those that are still open, or end at 2^63 - 1, after it
///           (`unknown_end`); those that find `max_open` others (`joins().refused`).
/// Repair    demands are missing in some rows of the published files; an attempt of which none
///           was ever told gets 0.0625 and 0.02863 of the largest machine, the medians of the
///           first thousand tasks. Under `skip` it is left out, under `fail` it ends the reading.
/// Cost      O(1) expected per row; at most 400 bytes for each attempt that is open, one line.
class google_2011 : public detail::row_reader<google_2011> {
 public:
  using row = google_task;
  struct config {
    bad_row_policy bad_rows = bad_row_policy::fail;
    bool keep_negative = false;      ///< keep attempts that end before they are scheduled
    bool keep_unfinished = false;    ///< keep attempts that did not end by FINISH
    double cpu_unit = 1.0;           ///< cores of the largest machine; 1 = cpu is a share of it
    double memory_unit = 100.0;      ///< 100 = memory in per cent of the largest; or its GB
    std::size_t max_open = 524'288;  ///< attempts held at once; > 0
    std::size_t max_line = 4096;     ///< characters; longer rows are bad; >= 64
  };
  /// What became of the events.
  struct join_counts {
    std::uint64_t events = 0;      ///< rows of the table
    std::uint64_t unfinished = 0;  ///< attempts that ended, but not by FINISH
    std::uint64_t refused = 0;     ///< events that found no room
    std::uint64_t most_open = 0;   ///< attempts held at once
  };

  explicit google_2011(std::string_view file_name) : google_2011(file_name, config{}) {}
  google_2011(std::string_view file_name, config c)
      : row_reader{file_name, layout, ',', c.bad_rows, c.max_line, c.keep_negative},
        config_{c},
        open_{c.max_open} {
    MUSTER_EXPECTS(
        c.cpu_unit > 0.0 && c.memory_unit > 0.0,
        "muster: trace::google_2011 needs units > 0; 1 and 100 give shares of the largest machine");
  }

  [[nodiscard]] const join_counts& joins() const noexcept { return joins_; }

 private:
  friend row_reader;
  enum column : std::size_t {
    time,
    missing_info,
    job_id,
    task_index,
    machine_id,
    event_type,
    user,
    scheduling_class,
    priority,
    cpu_request,
    memory_request,
    disk_request,
    different_machines,
    columns
  };
  static constexpr std::array<detail::column_form, columns> layout{
      {{"time", "whole microseconds such as 600000000"},
       {"missing_info", "0, 1, 2 or nothing"},
       {"job_id", "a whole number such as 3418314"},
       {"task_index", "a whole number from 0"},
       {"machine_id", "a whole number or nothing"},
       {"event_type", "a whole number from 0 (SUBMIT) to 8 (UPDATE_RUNNING)"},
       {"user", "a word or nothing"},
       {"scheduling_class", "a whole number from 0 to 3, or nothing"},
       {"priority", "a whole number from 0 to 11"},
       {"cpu_request", "a share of the largest machine such as 0.125"},
       {"memory_request", "a share of the largest machine such as 0.07446"},
       {"disk_request", "a share of the largest machine such as 0.0004244"},
       {"different_machines", "0, 1 or nothing"}}};
  static constexpr instant unknown = instant{} - microseconds(1);

  struct attempt {
    instant submit = unknown, schedule = unknown;
    std::uint64_t line = 0;
    float cpu = -1.0F, memory = -1.0F, disk = -1.0F;  // negative: not told yet
    std::uint8_t priority = 0, scheduling_class = 0;
  };

  bool first_line(std::string_view text) {
    const std::size_t found = cut(text).columns;
    if (is_header()) {
      return refuse_header(
          "rows from the first line on, as in the part files of the trace; a sample with a header "
          "is an extract, often with all times 0: delete that line if it is not");
    }
    if (found == 1) return refuse("there is no comma in the first line", "", wanted());
    if (found == 6) {
      return refuse("the first line has 6 columns, like table machine_events", "", wanted());
    }
    if (found == 8) {
      return refuse("the first line has 8 columns, like table job_events", "", wanted());
    }
    return true;
  }

  template <class Keep>
  void take(std::string_view text, Keep& keep) {
    detail::field_reader f = fields(cut(text));
    const instant now = time_of(f);
    const std::uint64_t job = f.whole(job_id, 999'999'999'999'999'999U);
    const std::uint64_t index = f.whole(task_index, 0xFFFFFFFFU);
    const std::uint64_t kind = f.whole(event_type, 1'000'000);
    if (kind > 8) f.fail(row_defect::unknown_type, event_type);
    attempt told;
    told.line = line_number();
    told.priority = static_cast<std::uint8_t>(f.whole(priority, 255));
    if (!f.text(scheduling_class).empty()) {
      told.scheduling_class = static_cast<std::uint8_t>(f.whole(scheduling_class, 3));
    }
    told.cpu = share(f, cpu_request);
    told.memory = share(f, memory_request);
    told.disk = share(f, disk_request);
    if (!usable(f, text)) return;
    ++joins_.events;
    const auto event = static_cast<google_event>(kind);
    const bool ends = event >= google_event::evict && event <= google_event::lost;

    attempt* a = open_.find(job, index);
    if (a == nullptr && ends) return leave_out_unknown_start();
    if (a != nullptr && event == google_event::submit) {  // its end is missing
      ++counts_.unknown_end;
      leave_out();
      *a = {};
    }
    if (a == nullptr) {
      a = open_.add(job, index);
      if (a == nullptr) {
        ++joins_.refused;
        return leave_out();
      }
      joins_.most_open = (std::max)(joins_.most_open, static_cast<std::uint64_t>(open_.size()));
    }
    if (event == google_event::submit) a->submit = now;
    if (event == google_event::schedule) a->schedule = now;
    update(*a, told);
    if (!ends) return;
    const attempt closed = *a;
    open_.remove(job, index);
    google_task t;
    t.job = job;
    t.index = static_cast<std::uint32_t>(index);
    t.end = event;
    close(closed, t, now, text, keep);
  }

  static void update(attempt& a, const attempt& told) noexcept {
    if (a.line == 0) a.line = told.line;
    if (told.cpu >= 0.0F) a.cpu = told.cpu;
    if (told.memory >= 0.0F) a.memory = told.memory;
    if (told.disk >= 0.0F) a.disk = told.disk;
    a.priority = told.priority;
    a.scheduling_class = told.scheduling_class;
  }

  template <class Keep>
  void close(const attempt& a, google_task& t, instant end, std::string_view text, Keep& keep) {
    if (t.end != google_event::finish) {
      ++joins_.unfinished;
      if (!config_.keep_unfinished) return leave_out();
    }
    if (a.submit <= instant{} || a.schedule <= instant{}) return leave_out_unknown_start();
    if (end == never) {
      ++counts_.unknown_end;
      return leave_out();
    }
    detail::field_reader f = fields({columns});
    if (a.cpu < 0.0F) f.fail(row_defect::blank_field, cpu_request, true);
    if (a.memory < 0.0F) f.fail(row_defect::blank_field, memory_request, true);
    if (!usable(f, text)) return;
    const auto scaled = [](float told, double usual, double unit) {
      return static_cast<float>((told < 0.0F ? usual : static_cast<double>(told)) * unit);
    };
    t.start = a.submit;
    t.allowance = end - a.schedule;
    t.wait = a.schedule - a.submit;
    t.type = a.scheduling_class;
    t.cpu = scaled(a.cpu, 0.0625, config_.cpu_unit);
    t.memory = scaled(a.memory, 0.02863, config_.memory_unit);
    t.disk = scaled(a.disk, 0.0, 1.0);
    t.line = a.line;
    t.priority = a.priority;
    t.scheduling_class = a.scheduling_class;
    give(t, f.flaw().has_value(), keep);
  }

  void leave_out_unknown_start() noexcept {
    ++counts_.unknown_start;
    leave_out();
  }

  // Whatever is open when the text ends.
  void at_end() {
    for (std::size_t i = open_.size(); i > 0; --i) {
      ++counts_.unknown_end;
      leave_out();
    }
    open_.clear();
  }

  static instant time_of(detail::field_reader& f) noexcept {
    if (f.text(time) == "9223372036854775807") return never;
    return instant{static_cast<std::int64_t>(f.whole(time, 4'000'000'000'000'000))};
  }
  static float share(detail::field_reader& f, std::size_t column) noexcept {
    return f.text(column).empty() ? -1.0F : static_cast<float>(f.amount_demand(column, 1e3, -1.0));
  }

  config config_;
  detail::open_table<attempt> open_;
  join_counts joins_;
};

static_assert(trace_reader<google_2011>);

}  // namespace muster::inline MUSTER_ABI::trace
