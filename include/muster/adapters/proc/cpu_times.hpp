// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include <muster/adapters/proc/detail/text.hpp>
#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI::adapters::proc {

/// How processors spent their time since the machine started, in clock ticks (usually 1/100 s).
///
/// The kernel counts guest time in `user` and `nice` already, so it is not listed again.
struct cpu_times {
  std::uint64_t user = 0, nice = 0, system = 0;
  std::uint64_t idle = 0, iowait = 0;
  std::uint64_t irq = 0, softirq = 0;
  std::uint64_t steal = 0;  ///< wanted, but the host ran something else

  /// Time that was not free; stolen time counts, nothing more could have run in it.
  [[nodiscard]] constexpr std::uint64_t busy() const noexcept {
    return user + nice + system + irq + softirq + steal;
  }
  [[nodiscard]] constexpr std::uint64_t free() const noexcept { return idle + iowait; }
  [[nodiscard]] constexpr std::uint64_t total() const noexcept { return busy() + free(); }
};

/// What `/proc/stat` says of the machine.
struct cpu_statistics {
  cpu_times all;                 ///< sum over the processors
  std::uint32_t processors = 0;  ///< online ones
  std::uint64_t running = 0;     ///< tasks that could run
  std::uint64_t blocked = 0;     ///< tasks that wait for a device
};

/// Reads the text of `/proc/stat`.
///
/// Source    proc(5). `cpu` and `cpuN` lines hold 4 numbers on the oldest kernels, 10 today; what
///           comes behind the eighth is not needed. Lines of other names are passed over.
/// Errors    no `cpu` line, one with fewer than 4 numbers, a word that is not a number.
/// Cost      one pass; allocates only for an error.
[[nodiscard]] inline result<cpu_statistics> read_cpu_statistics(
    std::string_view text, std::string_view file = "/proc/stat") {
  cpu_statistics s;
  bool found = false;
  std::string_view line;
  for (detail::line_reader lines{text}; lines.next(line);) {
    const std::string_view name = detail::take_word(line);
    if (name == "procs_running" || name == "procs_blocked") {
      const std::string_view word = detail::take_word(line);
      if (!detail::read_number(word, name == "procs_running" ? s.running : s.blocked)) {
        return detail::flaw(file, lines.number(), name,
                            detail::quoted(word) + " is not a number of tasks", "digits");
      }
    }
    if (!name.starts_with("cpu")) continue;
    std::uint64_t number[8] = {};
    std::size_t count = 0;
    for (; count < 8; ++count) {
      const std::string_view word = detail::take_word(line);
      if (word.empty()) break;
      if (!detail::read_number(word, number[count])) {
        return detail::flaw(file, lines.number(), name,
                            detail::quoted(word) + " is not a number of ticks", "digits");
      }
      // Sums of eight, and over two samples, stay inside 64 bits.
      if (number[count] >> 59 != 0) {
        return detail::flaw(file, lines.number(), name,
                            detail::quoted(word) + " ticks are longer than any machine ran",
                            "less than 2^59");
      }
    }
    if (count < 4) {
      return detail::flaw(file, lines.number(), name, "the line ends too early",
                          "at least user, nice, system and idle");
    }
    if (name.size() > 3) {
      ++s.processors;
      continue;
    }
    if (found) {
      return detail::flaw(file, lines.number(), name, "a second line with the sum", "one of them");
    }
    found = true;
    s.all = {number[0], number[1], number[2], number[3],
             number[4], number[5], number[6], number[7]};
  }
  if (!found) {
    return detail::flaw(file, 0, "cpu", "there is no such line",
                        "the text of /proc/stat, which begins with it");
  }
  if (s.processors == 0) {
    return detail::flaw(file, 0, "cpu0", "there is no line of any processor", "one for each");
  }
  return s;
}

}  // namespace muster::inline MUSTER_ABI::adapters::proc
