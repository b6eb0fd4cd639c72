// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include <muster/adapters/proc/detail/text.hpp>
#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI::adapters::proc {

/// Traffic since the machine started.
struct network_counters {
  std::uint64_t received_bytes = 0, received_packets = 0, received_errors = 0, received_dropped = 0;
  std::uint64_t sent_bytes = 0, sent_packets = 0, sent_errors = 0, sent_dropped = 0;
  std::uint32_t interfaces = 0;  ///< how many are in the sums
};

/// Reads the text of `/proc/net/dev` and adds up the interfaces for which `keep(name)` holds.
///
/// Source    proc(5): two lines of titles, then `name:` and 16 numbers; 8 received, 8 sent. A
///           large first number may stand right behind the colon.
/// Errors    a line without colon behind the titles, fewer than 16 numbers, no number.
/// Cost      one pass; allocates only for an error. Sums wrap round at 2^64 as the counters do.
template <class Keep>
[[nodiscard]] result<network_counters> read_network_counters(std::string_view text, Keep keep,
                                                             std::string_view file) {
  network_counters sum;
  std::string_view line;
  detail::line_reader lines{text};
  while (lines.next(line)) {
    if (lines.number() <= 2) {
      if (line.find('|') == line.npos) {
        return detail::flaw(file, lines.number(), "", "this is not a line of titles",
                            "the text of /proc/net/dev, two lines of titles first");
      }
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == line.npos) {
      return detail::flaw(file, lines.number(), "", "there is no colon behind a name",
                          "interface: 16 numbers");
    }
    std::string_view front = line.substr(0, colon);
    const std::string_view name = detail::take_word(front);
    line.remove_prefix(colon + 1);
    std::uint64_t number[16];
    for (std::size_t k = 0; k < 16; ++k) {
      const std::string_view word = detail::take_word(line);
      if (!detail::read_number(word, number[k])) {
        return detail::flaw(
            file, lines.number(), "counters",
            word.empty() ? "the line ends too early" : detail::quoted(word) + " is not a count",
            "16 numbers, 8 received and 8 sent");
      }
    }
    if (!keep(name)) continue;
    sum.received_bytes += number[0];
    sum.received_packets += number[1];
    sum.received_errors += number[2];
    sum.received_dropped += number[3];
    sum.sent_bytes += number[8];
    sum.sent_packets += number[9];
    sum.sent_errors += number[10];
    sum.sent_dropped += number[11];
    ++sum.interfaces;
  }
  if (lines.number() < 2) {
    return detail::flaw(file, 0, "", "the titles are missing", "the text of /proc/net/dev");
  }
  return sum;
}

/// All interfaces but the one to itself.
[[nodiscard]] inline result<network_counters> read_network_counters(
    std::string_view text, std::string_view file = "/proc/net/dev") {
  return read_network_counters(
      text, [](std::string_view name) { return name != "lo"; }, file);
}

}  // namespace muster::inline MUSTER_ABI::adapters::proc
