// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <muster/trace/detail/row_reader.hpp>
#include <muster/trace/table.hpp>

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
///           behind the ninth (a spare comma) or a number in the tenth (some rows of an edition
///           in use carry 1000 x plan_mem there), any or no status, no newline at the end.
/// Counted   end == start and end < start (among them end 0: not known) are real in this trace.
///           They are kept: nobody can meet them, so leaving them out would flatter everyone.
///           `config::keep_negative` = false drops the negative ones.
/// Repair    a demand that cannot be read becomes the trace's median: 1 instance, 1 core, 0.3 %.
/// Cost      one pass; memory for one line (`max_line`), beside what the caller keeps.
/// Safety    any bytes at all give rows or an error; nothing is trusted.
///
///     trace::alibaba_2018 reader{"Task_1.csv"};
///     while (more) if (auto ok = reader.feed(chunk, keep_task); !ok) return ok.failure();
///     auto counts = reader.finish(keep_task);
class alibaba_2018 : public detail::row_reader<alibaba_2018> {
 public:
  using row = task;
  struct config {
    bad_row_policy bad_rows = bad_row_policy::fail;
    bool keep_negative = true;    ///< keep rows that end before they start
    std::size_t max_line = 4096;  ///< characters; longer rows are bad; >= 64
    std::uint32_t types = 12;     ///< task_type is 1 .. types
  };
  static constexpr std::string_view columns_text =
      "task_name,instance_num,job_name,task_type,status,start_time,end_time,plan_cpu,plan_mem";

  explicit alibaba_2018(std::string_view file_name) : alibaba_2018(file_name, config{}) {}
  alibaba_2018(std::string_view file_name, config c)
      : row_reader{file_name, layout, ',', c.bad_rows, c.max_line, c.keep_negative, 1},
        types_{c.types} {}

 private:
  friend row_reader;
  enum column : std::size_t {
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
  static constexpr std::array<detail::column_form, columns> layout{
      {{"task_name", "a name"},
       {"instance_num", "a whole number of instances such as 1"},
       {"job_name", "a job such as j_1661"},
       {"task_type", "a whole number from 1"},
       {"status", "a word or nothing"},
       {"start_time", "whole seconds since the start of the trace such as 86207"},
       {"end_time", "whole seconds since the start of the trace such as 86210"},
       {"plan_cpu", "hundredths of a core such as 100"},
       {"plan_mem", "per cent of a machine such as 0.3"}}};

  bool first_line(std::string_view text) {
    const std::size_t found = cut(text).columns;
    if (found == 1) return refuse("there is no comma in the first line", "", wanted());
    if (found == 14 || found == 15) {
      return refuse("the first line has 14 columns, like table batch_instance", "", wanted());
    }
    if (is_header()) return refuse_header("rows from the first line on; delete it");
    const auto is_job = [&](std::size_t c) { return detail::trim(field_[c]).starts_with("j_"); };
    if (is_job(task_type) && !is_job(job_name)) {
      return refuse("job_name and task_type are exchanged", "task_type",
                    "the order of the published files, job_name (j_...) third and task_type "
                    "fourth; the trace's prose description has them the wrong way round");
    }
    return true;
  }

  template <class Keep>
  void take(std::string_view text, Keep& keep) {
    constexpr std::uint64_t longest = 1'000'000'000;  // seconds: 31 years
    detail::split_result split = cut(text);
    const std::string_view tenth = detail::trim(field_.back());
    double unused = 0.0;
    if (!tenth.empty()) {
      split.extra =
          split.extra || detail::read_decimal(tenth, 1e12, unused) != detail::number_state::good;
    }
    detail::field_reader f = fields(split);
    const std::uint64_t type = f.whole(task_type, longest);
    if (f.usable() && (type < 1 || type > types_)) {
      f.fail(row_defect::unknown_type, task_type);
    }
    const auto start = static_cast<std::int64_t>(f.whole(start_time, longest));
    const auto end = static_cast<std::int64_t>(f.whole(end_time, longest));
    task t;
    t.instances = static_cast<std::uint32_t>(f.whole_demand(instance_num, 0xFFFFFFFFU, 1));
    t.cpu = static_cast<float>(f.demand(plan_cpu, 1e6, 100.0) / 100.0);
    t.memory = static_cast<float>(f.demand(plan_mem, 1e4, 0.3));
    if (!usable(f, text)) return;
    t.type = static_cast<std::uint32_t>(type - 1);
    t.start = instant{} + seconds(start);
    t.allowance = seconds(end - start);
    t.line = line_number();
    if (end == 0) ++counts_.unknown_end;
    give(t, f.flaw().has_value(), keep);
  }

  [[nodiscard]] error describe(detail::row_flaw flaw, std::string_view text) const {
    error e = row_reader::describe(flaw, text);
    if (e.field == "task_type") e.expected += " to " + std::to_string(types_);
    return e;
  }

  std::uint32_t types_;
};

static_assert(trace_reader<alibaba_2018>);

/// Reads a whole text.
[[nodiscard]] inline result<table> read_alibaba_2018(std::string_view text,
                                                     std::string_view file_name,
                                                     alibaba_2018::config c = {}) {
  return read_tasks(alibaba_2018{file_name, c}, text);
}

/// Reads an open file or pipe to its end; does not close it.
[[nodiscard]] inline result<table> read_alibaba_2018(std::FILE* file, std::string_view file_name,
                                                     alibaba_2018::config c = {}) {
  return read_tasks(alibaba_2018{file_name, c}, file);
}

}  // namespace muster::inline MUSTER_ABI::trace
