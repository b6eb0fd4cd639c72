// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI::adapters::proc::detail {

/// Hands out the lines of a text, counted from 1, without the newline.
class line_reader {
 public:
  explicit line_reader(std::string_view text) noexcept : rest_{text} {}

  /// False at the end; a last line without newline counts, an empty rest does not.
  [[nodiscard]] bool next(std::string_view& line) noexcept {
    if (rest_.empty()) return false;
    const std::size_t end = rest_.find('\n');
    line = rest_.substr(0, end);
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
    ++number_;
    return true;
  }
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

 private:
  std::string_view rest_;
  std::uint64_t number_ = 0;
};

/// Takes the next word, between spaces and tabs, off the front of `line`; empty at its end.
[[nodiscard]] inline std::string_view take_word(std::string_view& line) noexcept {
  const std::size_t begin = line.find_first_not_of(" \t\r");
  if (begin == line.npos) {
    line = {};
    return {};
  }
  line.remove_prefix(begin);
  const std::size_t end = line.find_first_of(" \t\r");
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(word.size());
  return word;
}

/// A whole word as a number; false for signs, other characters and overflow.
template <class Number>
[[nodiscard]] bool read_number(std::string_view word, Number& value) noexcept {
  if (word.empty() || word.front() == '-') return false;
  const auto [end, flaw] = std::from_chars(word.data(), word.data() + word.size(), value);
  return flaw == std::errc{} && end == word.data() + word.size();
}

/// A word as it may stand in a one-line message.
[[nodiscard]] inline std::string quoted(std::string_view word) {
  std::string text{"'"};
  for (const char c : word.substr(0, 32)) text += c >= ' ' && c <= '~' ? c : '?';
  if (word.size() > 32) text += "...";
  return text + "'";
}

[[nodiscard]] inline error flaw(std::string_view file, std::uint64_t line, std::string_view field,
                                std::string what, std::string_view expected) {
  return {std::move(what), std::string{file}, line, std::string{field}, std::string{expected}};
}

}  // namespace muster::inline MUSTER_ABI::adapters::proc::detail
