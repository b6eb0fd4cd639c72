// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <muster/core/contracts.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::report {

/// Writes a schedule in the trace-event format, to be opened in ui.perfetto.dev or
/// chrome://tracing: search, zoom and selection for nothing.
///
/// Idea      a cluster is a process, a lane of a node is a thread, a request is a slice.
///           Slices of one thread must nest, so requests that overlap on a node need lanes
///           of their own (`report::lanes`).
/// Source    the Trace Event Format: X slices, C counters, i instants, M names.
/// Units     microseconds, which is what `instant` counts, so nothing is rounded.
/// Cost      linear; one growing string.
class chrome_trace {
 public:
  void name_process(std::uint32_t process, std::string_view name, std::uint32_t order) {
    metadata("process_name", process, 0, fmt::format(R"("name":"{}")", escaped(name)));
    metadata("process_sort_index", process, 0, fmt::format(R"("sort_index":{})", order));
  }
  void name_thread(std::uint32_t process, std::uint32_t thread, std::string_view name,
                   std::uint32_t order) {
    metadata("thread_name", process, thread, fmt::format(R"("name":"{}")", escaped(name)));
    metadata("thread_sort_index", process, thread, fmt::format(R"("sort_index":{})", order));
  }

  /// A bar from `start` for `length` >= 0. `arguments` is shown when it is selected: the
  /// members of a JSON object without its braces, or empty.
  void slice(std::uint32_t process, std::uint32_t thread, std::string_view name,
             std::string_view category, instant start, duration length,
             std::string_view arguments = {}) {
    MUSTER_EXPECTS(length.us >= 0,
                   "muster: chrome_trace::slice has a negative length; give finish - start");
    begin_event();
    fmt::format_to(
        std::back_inserter(text_),
        R"({{"name":"{}","cat":"{}","ph":"X","ts":{},"dur":{},"pid":{},"tid":{},"args":{{{}}}}})",
        escaped(name), escaped(category), start.us, length.us, process, thread, arguments);
  }

  /// A mark across all tracks.
  void mark(std::string_view name, instant when) {
    begin_event();
    fmt::format_to(std::back_inserter(text_),
                   R"({{"name":"{}","ph":"i","s":"g","ts":{},"pid":0,"tid":0}})", escaped(name),
                   when.us);
  }

  /// One point of a curve of process `process`.
  void counter(std::uint32_t process, std::string_view name, instant when, double value) {
    begin_event();
    fmt::format_to(std::back_inserter(text_),
                   R"({{"name":"{}","ph":"C","ts":{},"pid":{},"tid":0,"args":{{"value":{}}}}})",
                   escaped(name), when.us, process, value);
  }

  /// The whole document; more events may follow and be fetched again.
  [[nodiscard]] std::string document() const {
    return "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n" + text_ + "\n]}\n";
  }

  /// `text` as the inside of a JSON string.
  [[nodiscard]] static std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        (out += '\\') += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
      } else {
        out += c;
      }
    }
    return out;
  }

 private:
  void begin_event() {
    if (!text_.empty()) text_ += ",\n";
  }
  void metadata(std::string_view what, std::uint32_t process, std::uint32_t thread,
                std::string_view arguments) {
    begin_event();
    fmt::format_to(std::back_inserter(text_),
                   R"({{"name":"{}","ph":"M","pid":{},"tid":{},"args":{{{}}}}})", what, process,
                   thread, arguments);
  }

  std::string text_;
};

}  // namespace muster::inline MUSTER_ABI::report
