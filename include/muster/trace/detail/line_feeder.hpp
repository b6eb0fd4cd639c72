// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::trace::detail {

/// Cuts text that comes in chunks into lines, the same lines wherever the chunks end.
///
/// Lines end with LF or CR LF, the last one perhaps with neither; a byte-order mark before the
/// first is dropped. A line of more than `max_line` characters is given as its first `max_line`
/// and marked overlong: memory holds one line, whatever the file.
class line_feeder {
 public:
  explicit line_feeder(std::size_t max_line) : max_line_{max_line} { partial_.reserve(most()); }

  [[nodiscard]] std::size_t max_line() const noexcept { return max_line_; }
  /// Of the line that was given last, from 1.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

  /// Calls `take(line, overlong)` for each line that ends in the chunk, until one says false.
  template <class Take>
  void feed(std::string_view chunk, Take&& take) {
    while (!chunk.empty()) {
      const std::size_t end = chunk.find('\n');
      const std::string_view piece = chunk.substr(0, end);
      if (partial_.empty() && end != chunk.npos) {
        if (!give(piece, false, take)) return;  // the whole line lies in this chunk: no copy
      } else {
        const std::size_t room = most() - partial_.size();
        partial_.append(piece.substr(0, room));
        cut_ = cut_ || piece.size() > room;
        if (end != chunk.npos && !flush(take)) return;
      }
      if (end == chunk.npos) return;
      chunk.remove_prefix(end + 1);
    }
  }

  /// Gives the last line, if it has no end of its own.
  template <class Take>
  void finish(Take&& take) {
    if (!partial_.empty()) flush(take);
  }

 private:
  // What is kept of a line: it may carry a mark and a CR that do not count.
  [[nodiscard]] std::size_t most() const noexcept { return max_line_ + 4; }

  template <class Take>
  bool flush(Take& take) {
    const bool more = give(partial_, cut_, take);
    partial_.clear();
    cut_ = false;
    return more;
  }

  template <class Take>
  bool give(std::string_view line, bool cut, Take& take) {
    ++number_;
    if (number_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    if (!cut && !line.empty() && line.back() == '\r') line.remove_suffix(1);
    const bool overlong = cut || line.size() > max_line_;
    return take(overlong ? line.substr(0, max_line_) : line, overlong);
  }

  std::size_t max_line_;
  std::uint64_t number_ = 0;
  std::string partial_;  // a line that began in an earlier chunk
  bool cut_ = false;     // more of it came than is kept
};

}  // namespace muster::inline MUSTER_ABI::trace::detail
