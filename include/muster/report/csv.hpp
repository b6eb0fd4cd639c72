// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::report {

/// Builds a CSV table in memory: RFC 4180 quoting, "\n" line ends, repeatable numbers.
///
/// Numbers are written in the shortest form that reads back to the same double, so two runs
/// that computed the same values write the same bytes. Not-a-number is an empty field,
/// which spreadsheets and data frames read as "missing"; infinities are `inf` and `-inf`.
class csv_table {
 public:
  explicit csv_table(std::string_view header) { (text_ += header) += '\n'; }

  csv_table& field(std::string_view text) {
    separate();
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
      text_ += text;
      return *this;
    }
    text_ += '"';
    for (const char c : text) {
      if (c == '"') text_ += '"';
      text_ += c;
    }
    text_ += '"';
    return *this;
  }
  csv_table& field(const char* text) { return field(std::string_view{text}); }
  csv_table& field(std::uint64_t value) {
    separate();
    fmt::format_to(std::back_inserter(text_), "{}", value);
    return *this;
  }
  csv_table& field(double value) {
    separate();
    // Zero without a sign: -0.0 and 0.0 are equal, so they must be the same bytes.
    if (!std::isnan(value)) fmt::format_to(std::back_inserter(text_), "{}", value + 0.0);
    return *this;
  }
  void end_row() {
    text_ += '\n';
    row_is_empty_ = true;
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  void separate() {
    if (!row_is_empty_) text_ += ',';
    row_is_empty_ = false;
  }

  std::string text_;
  bool row_is_empty_ = true;
};

/// One number of a run, in long form: what every tool can group, filter and plot.
struct metric_row {
  std::string_view run;       ///< which run, for example `test-greedy-3`
  std::string_view pipeline;  ///< who decided
  std::uint64_t seed = 0;
  std::uint64_t step = 0;  ///< slot, or episode while training
  std::string_view metric;
  double value = 0.0;
};

/// The first line of a table of metric rows.
inline constexpr std::string_view metric_header = "run,pipeline,seed,step,metric,value";

inline void append(csv_table& table, const metric_row& row) {
  table.field(row.run).field(row.pipeline).field(row.seed).field(row.step).field(row.metric);
  table.field(row.value).end_row();
}

}  // namespace muster::inline MUSTER_ABI::report
