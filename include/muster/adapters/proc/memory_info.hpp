// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include <muster/adapters/proc/detail/text.hpp>
#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI::adapters::proc {

/// Memory of a machine, in bytes.
struct memory_info {
  std::uint64_t total = 0;
  std::uint64_t free = 0;       ///< used for nothing at all
  std::uint64_t available = 0;  ///< what new work could get without swapping; <= total
  std::uint64_t buffers = 0, cached = 0;
  std::uint64_t swap_total = 0, swap_free = 0;

  /// Part that new work cannot get, 0 to 1.
  [[nodiscard]] constexpr double use() const noexcept {
    return total == 0 ? 0.0 : 1.0 - static_cast<double>(available) / static_cast<double>(total);
  }
};

/// Reads the text of `/proc/meminfo`.
///
/// Source    proc(5). Kernels before 3.14 have no `MemAvailable`; then free, buffers and cached
///           are added, which is what was done before the kernel knew better.
/// Errors    `MemTotal` or `MemFree` missing or zero total, a value that is no number of kB.
/// Cost      one pass; allocates only for an error.
[[nodiscard]] inline result<memory_info> read_memory_info(std::string_view text,
                                                          std::string_view file = "/proc/meminfo") {
  memory_info m;
  struct row {
    std::string_view name;
    std::uint64_t* value;
    bool found;
  };
  row rows[] = {{"MemTotal:", &m.total, false},         {"MemFree:", &m.free, false},
                {"MemAvailable:", &m.available, false}, {"Buffers:", &m.buffers, false},
                {"Cached:", &m.cached, false},          {"SwapTotal:", &m.swap_total, false},
                {"SwapFree:", &m.swap_free, false}};
  std::string_view line;
  for (detail::line_reader lines{text}; lines.next(line);) {
    const std::string_view name = detail::take_word(line);
    for (row& r : rows) {
      if (name != r.name) continue;
      const std::string_view word = detail::take_word(line);
      std::uint64_t kilobytes = 0;
      if (!detail::read_number(word, kilobytes) || kilobytes >> 50 != 0) {
        return detail::flaw(file, lines.number(), name.substr(0, name.size() - 1),
                            detail::quoted(word) + " is not an amount of memory",
                            "digits, in kB, below 2^50");
      }
      if (detail::take_word(line) != "kB") {
        return detail::flaw(file, lines.number(), name.substr(0, name.size() - 1),
                            "the unit is missing or another one", "kB");
      }
      *r.value = kilobytes * 1024;
      r.found = true;
    }
  }
  for (const std::size_t k : {std::size_t{0}, std::size_t{1}}) {
    if (!rows[k].found) {
      return detail::flaw(file, 0, rows[k].name.substr(0, rows[k].name.size() - 1),
                          "there is no such line", "the text of /proc/meminfo");
    }
  }
  if (m.total == 0) {
    return detail::flaw(file, 0, "MemTotal", "a machine without memory", "more than 0 kB");
  }
  if (!rows[2].found) m.available = m.free + m.buffers + m.cached;
  m.available = (std::min)(m.available, m.total);
  return m;
}

}  // namespace muster::inline MUSTER_ABI::adapters::proc
