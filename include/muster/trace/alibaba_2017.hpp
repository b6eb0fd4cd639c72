// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <muster/core/contracts.hpp>
#include <muster/trace/detail/row_reader.hpp>
#include <muster/trace/table.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// Reads table `batch_task` of the Alibaba cluster trace of 2017.
///
/// Source    alibaba/clusterdata, cluster-trace-v2017: trace_201708.md and schema.csv. Eight
///           columns and no header line.
/// Meaning   start = create_timestamp s, allowance = modify_timestamp - create_timestamp s (the
///           last change of state, which for a finished task is its end), cpu = plan_cpu and
///           memory = plan_mem by the units of `config`, instances = instance_num; type 0.
/// Units     the description says that plan_cpu counts cores, the published rows have 50 and 100
///           on machines of 64 cores, and the publisher confirmed that 100 is one core
///           (clusterdata, issue 11). An edition in whole cores needs `cpu_unit` = 1.
///           plan_mem is a share of the largest machine; memory is in per cent of it.
/// Counted   only tasks that are Terminated have an end: others are left out as `unknown_end`
///           unless `keep_unfinished`. Time 0 and negative ones mean before the trace: left out
///           as `unknown_start` unless `keep_earlier`.
/// Repair    a demand that cannot be read becomes 1 instance, 1 core, 0.5 %, as in the row that
///           issue 11 quotes; the medians of the table are not known here.
/// Cost      one pass; memory for one line.
class alibaba_2017 : public detail::row_reader<alibaba_2017> {
 public:
  using row = task;
  struct config {
    bad_row_policy bad_rows = bad_row_policy::fail;
    bool keep_negative = false;    ///< keep tasks that end before they start
    bool keep_unfinished = false;  ///< keep tasks that are not Terminated
    bool keep_earlier = false;     ///< keep tasks that were created before the trace
    double cpu_unit = 0.01;        ///< cores, of plan_cpu; > 0
    double memory_unit = 100.0;    ///< per cent of the largest machine, of plan_mem; > 0
    std::size_t max_line = 4096;   ///< characters; longer rows are bad; >= 64
  };

  explicit alibaba_2017(std::string_view file_name) : alibaba_2017(file_name, config{}) {}
  alibaba_2017(std::string_view file_name, config c)
      : row_reader{file_name, layout, ',', c.bad_rows, c.max_line, c.keep_negative}, config_{c} {
    MUSTER_EXPECTS(
        c.cpu_unit > 0.0 && c.memory_unit > 0.0,
        "muster: trace::alibaba_2017 needs units > 0; write 0.01 and 100 for the published files");
  }

 private:
  friend row_reader;
  enum column : std::size_t {
    create_timestamp,
    modify_timestamp,
    job_id,
    task_id,
    instance_num,
    status,
    plan_cpu,
    plan_mem,
    columns
  };
  static constexpr std::array<detail::column_form, columns> layout{
      {{"create_timestamp", "whole seconds since the start of the trace such as 59581"},
       {"modify_timestamp", "whole seconds since the start of the trace such as 59592"},
       {"job_id", "a whole number or nothing"},
       {"task_id", "a whole number or nothing"},
       {"instance_num", "a whole number of instances such as 29"},
       {"status", "Ready, Waiting, Running, Terminated, Failed or Cancelled"},
       {"plan_cpu", "hundredths of a core such as 100"},
       {"plan_mem", "a share of the largest machine such as 0.0054"}}};
  static constexpr std::array<std::string_view, 6> states{"Ready",      "Waiting", "Running",
                                                          "Terminated", "Failed",  "Cancelled"};

  bool first_line(std::string_view text) {
    const std::size_t found = cut(text).columns;
    if (is_header()) return refuse_header("rows from the first line on; delete it");
    if (found == 1) return refuse("there is no comma in the first line", "", wanted());
    if (found == 12) {
      return refuse("the first line has 12 columns, like table batch_instance", "", wanted());
    }
    if (found == 9 && detail::trim(field_[2]).starts_with("j_")) {
      return refuse("this is batch_task of the trace of 2018", "",
                    wanted() + "; read it with alibaba_2018");
    }
    return true;
  }

  template <class Keep>
  void take(std::string_view text, Keep& keep) {
    constexpr double longest = 1e9;  // seconds: 31 years
    detail::field_reader f = fields(cut(text));
    task t;
    t.line = line_number();
    t.start = instant{} + from_seconds(f.real(create_timestamp, longest));
    t.allowance = instant{} + from_seconds(f.real(modify_timestamp, longest)) - t.start;
    const std::string_view state = f.text(status);
    bool known = false;
    for (const std::string_view s : states) known = known || s == state;
    if (!known) f.fail(row_defect::unknown_type, status);
    const bool unfinished = state != "Terminated" && !config_.keep_unfinished;
    const bool earlier = t.start <= instant{} && !config_.keep_earlier;
    if (!unfinished && !earlier) {  // what has not begun has no demand yet
      t.instances = static_cast<std::uint32_t>(f.whole_demand(instance_num, 0xFFFFFFFFU, 1));
      t.cpu = static_cast<float>(f.amount_demand(plan_cpu, 1e6, 1.0 / config_.cpu_unit) *
                                 config_.cpu_unit);
      t.memory = static_cast<float>(f.amount_demand(plan_mem, 1e4, 0.5 / config_.memory_unit) *
                                    config_.memory_unit);
    }
    if (!usable(f, text)) return;
    if (t.start <= instant{}) ++counts_.unknown_start;
    if (state != "Terminated") ++counts_.unknown_end;
    if (unfinished || earlier) return leave_out();
    give(t, f.flaw().has_value(), keep);
  }

  config config_;
};

static_assert(trace_reader<alibaba_2017>);

}  // namespace muster::inline MUSTER_ABI::trace
