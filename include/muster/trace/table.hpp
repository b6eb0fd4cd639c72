// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/concepts/trace_reader.hpp>
#include <muster/core/result.hpp>
#include <muster/trace/bad_rows.hpp>
#include <muster/trace/task.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// All rows of a trace, and what its reader saw.
template <class Row>
struct table_of {
  std::vector<Row> tasks;
  row_counts counts;
  std::optional<error> first_bad_row;  ///< the first row that was skipped or repaired
};
using table = table_of<task>;

namespace detail {

/// Feeds a whole text.
template <class Reader, class Keep>
[[nodiscard]] result<void> pour(Reader& reader, std::string_view text, Keep& keep) {
  return reader.feed(text, keep);
}

/// Feeds an open file or pipe to its end; does not close it.
template <class Reader, class Keep>
[[nodiscard]] result<void> pour(Reader& reader, std::FILE* file, Keep& keep) {
  std::vector<char> chunk(std::size_t{1} << 16);
  for (std::size_t n = 0; (n = std::fread(chunk.data(), 1, chunk.size(), file)) != 0;) {
    if (auto ok = reader.feed(std::span<const char>{chunk.data(), n}, keep); !ok) return ok;
  }
  if (std::ferror(file) == 0) return {};
  return error{"reading stopped after an error of the system", reader.file(), 0, "",
               "a file or pipe that can be read to its end"};
}

template <class Row, class Reader, class Source>
[[nodiscard]] result<table_of<Row>> read_all(Reader& reader, Source source) {
  table_of<Row> t;
  const auto keep = [&t](const Row& row) { t.tasks.push_back(row); };
  if (auto ok = pour(reader, source, keep); !ok) return ok.failure();
  auto counts = reader.finish(keep);
  if (!counts) return counts.failure();
  t.counts = *counts;
  t.first_bad_row = reader.first_bad_row();
  return t;
}

}  // namespace detail

/// Reads a trace to its end, as tasks: what a replay takes, whatever the format. The source is a
/// text or an open `std::FILE*` (also a pipe, so that `zcat` may unpack), which stays open.
///
///     auto t = trace::read_tasks(trace::swf{"log.swf"}, text);
template <class Reader, class Source>
requires trace_reader<std::remove_cvref_t<Reader>> &&
    std::derived_from<typename std::remove_cvref_t<Reader>::row, task>
[[nodiscard]] result<table> read_tasks(Reader&& reader, Source source) {
  return detail::read_all<task>(reader, source);
}

/// The same, with all that the format tells of a row.
template <class Reader, class Source>
requires trace_reader<std::remove_cvref_t<Reader>>
[[nodiscard]] auto read_rows(Reader&& reader, Source source) {
  return detail::read_all<typename std::remove_cvref_t<Reader>::row>(reader, source);
}

}  // namespace muster::inline MUSTER_ABI::trace
