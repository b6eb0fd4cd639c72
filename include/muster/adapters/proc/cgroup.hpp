// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include <muster/adapters/proc/detail/text.hpp>
#include <muster/core/result.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::adapters::proc {

/// A limit that is not set: the word `max` in the files of a control group.
inline constexpr std::uint64_t unlimited = (std::numeric_limits<std::uint64_t>::max)();

/// Processor time of a control group (a pod, a container) since it was made.
struct cgroup_cpu {
  std::uint64_t usage_us = 0, user_us = 0, system_us = 0;
  std::uint64_t periods = 0;       ///< periods in which a quota was in force
  std::uint64_t throttled = 0;     ///< of those, how many ended with the quota used up
  std::uint64_t throttled_us = 0;  ///< time its tasks were kept from running
};

/// How much processor time a control group may use: `quota_us` in each `period_us`.
struct cgroup_quota {
  std::uint64_t quota_us = unlimited;
  std::uint64_t period_us = 100'000;

  /// Cores it may use; `machine` without a quota.
  [[nodiscard]] constexpr double cores(double machine) const noexcept {
    return quota_us == unlimited ? machine
                                 : static_cast<double>(quota_us) / static_cast<double>(period_us);
  }
};

/// Reads `cpu.stat` of a control group, version 2. Needs `usage_usec`; unknown names are passed
/// over, so that new kernels can add theirs. Allocates only for an error.
[[nodiscard]] inline result<cgroup_cpu> read_cgroup_cpu(std::string_view text,
                                                        std::string_view file = "cpu.stat") {
  cgroup_cpu c;
  struct row {
    std::string_view name;
    std::uint64_t* value;
  };
  const row rows[] = {{"usage_usec", &c.usage_us},    {"user_usec", &c.user_us},
                      {"system_usec", &c.system_us},  {"nr_periods", &c.periods},
                      {"nr_throttled", &c.throttled}, {"throttled_usec", &c.throttled_us}};
  bool found = false;
  std::string_view line;
  for (detail::line_reader lines{text}; lines.next(line);) {
    const std::string_view name = detail::take_word(line);
    for (const row& r : rows) {
      if (name != r.name) continue;
      const std::string_view word = detail::take_word(line);
      if (!detail::read_number(word, *r.value)) {
        return detail::flaw(file, lines.number(), name, detail::quoted(word) + " is not a count",
                            "digits");
      }
      found = found || r.value == &c.usage_us;
    }
  }
  if (!found) {
    return detail::flaw(file, 0, "usage_usec", "there is no such line",
                        "cpu.stat of a control group of version 2");
  }
  return c;
}

/// Reads a file with one amount in it, `memory.current` or `memory.max`; `max` is `unlimited`.
[[nodiscard]] inline result<std::uint64_t> read_cgroup_amount(std::string_view text,
                                                              std::string_view file) {
  std::string_view line;
  detail::line_reader lines{text};
  std::uint64_t value = 0;
  std::string_view word;
  if (lines.next(line)) word = detail::take_word(line);
  if (word == "max") return unlimited;
  if (!detail::read_number(word, value)) {
    return detail::flaw(file, 1, "", detail::quoted(word) + " is not an amount", "bytes, or max");
  }
  return value;
}

/// Reads `cpu.max`: `max 100000` or `50000 100000`.
[[nodiscard]] inline result<cgroup_quota> read_cgroup_quota(std::string_view text,
                                                            std::string_view file = "cpu.max") {
  cgroup_quota q;
  std::string_view line;
  detail::line_reader lines{text};
  if (lines.next(line)) {
    const std::string_view quota = detail::take_word(line), period = detail::take_word(line);
    const bool good = (quota == "max" || detail::read_number(quota, q.quota_us)) &&
                      detail::read_number(period, q.period_us) && q.period_us > 0;
    if (good) return q;
  }
  return detail::flaw(file, 1, "", "there are not two amounts",
                      "quota and period in microseconds, such as 50000 100000 or max 100000");
}

/// Part of its cores that a control group used between two samples, 0 to 1; 0 where it was made
/// anew in between or no time passed.
[[nodiscard]] inline double cgroup_use(const cgroup_cpu& before, const cgroup_cpu& after,
                                       duration elapsed, double cores) noexcept {
  if (after.usage_us < before.usage_us || elapsed.us <= 0 || !(cores > 0.0)) return 0.0;
  const double use = static_cast<double>(after.usage_us - before.usage_us) /
                     (static_cast<double>(elapsed.us) * cores);
  return use < 1.0 ? use : 1.0;
}

}  // namespace muster::inline MUSTER_ABI::adapters::proc
