// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include <muster/adapters/proc/detail/text.hpp>
#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI::adapters::proc {

/// Tasks that ran or wanted to, averaged over 1, 5 and 15 minutes.
struct load_average {
  double one = 0.0, five = 0.0, fifteen = 0.0;
  std::uint64_t runnable = 0;  ///< tasks that could run at this moment
  std::uint64_t tasks = 0;     ///< tasks in all
};

/// Reads the text of `/proc/loadavg`: `1.25 1.05 1.48 3/109 21050`.
///
/// Errors    fewer words, a word that is not a number, more runnable tasks than tasks.
/// Cost      allocates only for an error.
[[nodiscard]] inline result<load_average> read_load_average(
    std::string_view text, std::string_view file = "/proc/loadavg") {
  load_average l;
  std::string_view line;
  detail::line_reader lines{text};
  if (!lines.next(line)) {
    return detail::flaw(file, 0, "", "the text is empty", "three averages and running/all tasks");
  }
  constexpr std::string_view names[] = {"1 minute", "5 minutes", "15 minutes"};
  double* const values[] = {&l.one, &l.five, &l.fifteen};
  for (std::size_t k = 0; k < 3; ++k) {
    const std::string_view word = detail::take_word(line);
    double value = 0.0;
    if (!detail::read_number(word, value) || !(value >= 0.0 && value < 1e9)) {
      return detail::flaw(file, 1, names[k], detail::quoted(word) + " is not a load",
                          "a decimal number such as 0.25");
    }
    *values[k] = value;
  }
  const std::string_view word = detail::take_word(line);
  const std::size_t slash = word.find('/');
  if (slash == word.npos || !detail::read_number(word.substr(0, slash), l.runnable) ||
      !detail::read_number(word.substr(slash + 1), l.tasks) || l.runnable > l.tasks) {
    return detail::flaw(file, 1, "tasks", detail::quoted(word) + " does not count tasks",
                        "running/all, such as 3/109");
  }
  return l;
}

}  // namespace muster::inline MUSTER_ABI::adapters::proc
