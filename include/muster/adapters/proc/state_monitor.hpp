// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <muster/adapters/proc/cpu_times.hpp>
#include <muster/adapters/proc/load_average.hpp>
#include <muster/adapters/proc/memory_info.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::adapters::proc {

/// What the process files said at one moment.
struct machine_sample {
  instant at{};  ///< by a clock that never goes back
  cpu_statistics cpu;
  memory_info memory;
  load_average load;
};

/// What a scheduler wants to know of a machine.
struct machine_use {
  instant at{};                  ///< of the last sample
  double cpu = 0.0;              ///< part of the processors busy, smoothed, 0 to 1
  double cpu_last = 0.0;         ///< the same between the last two samples alone
  double memory = 0.0;           ///< part of the memory that new work cannot get, smoothed
  double memory_last = 0.0;      ///< in the last sample
  double cores = 0.0;            ///< online processors
  double memory_total_gb = 0.0;  ///< 10^9 bytes
  double load_one = 0.0;         ///< load average over one minute
  std::uint64_t samples = 0;     ///< 0 and 1: `cpu` is not known yet

  [[nodiscard]] double cpu_free() const noexcept { return cores * (1.0 - cpu); }
  [[nodiscard]] double memory_free_gb() const noexcept { return memory_total_gb * (1.0 - memory); }
};

/// Turns samples of the process files into the use of a machine.
///
/// Idea         the files count ticks since the machine started, so use is a difference of two
///              samples; smoothing has a time constant, so that irregular samples are weighed
///              by the time they stand for.
/// Source       KMPS paper, section IV-A.3: node agents read the kernel's process files for the
///              state monitor. The paper gives no period and no smoothing; ours are defaults.
/// Equation     u = busy difference / total difference, s <- e^(-dt / tau) s + (1 - e^(-dt / tau))
/// u Symbols      u = cpu_last, s = cpu, dt = time between the samples, tau = `smoothing` Edges
/// counters that went back (a restart, or `iowait`, which the kernel corrects) count
///              as no progress; without any progress the last use stays. A sample that is not
///              later than the one before is left out.
/// Cost         constant, no allocation.
class state_monitor {
 public:
  struct config {
    duration smoothing = seconds(2);  ///< time constant; 0 = none, else > 0
  };

  state_monitor() noexcept = default;
  explicit state_monitor(config c) noexcept : config_{c} {
    MUSTER_EXPECTS(c.smoothing.us >= 0,
                   "muster: proc::state_monitor smoothing is negative; write 0 for none");
  }

  /// Takes the next sample; false when it is not later than the last one.
  bool observe(const machine_sample& s) noexcept {
    if (use_.samples > 0 && s.at <= last_.at) return false;
    const double weight =
        use_.samples == 0 || config_.smoothing.us == 0
            ? 1.0
            : 1.0 - std::exp(-(s.at - last_.at).seconds() / config_.smoothing.seconds());
    if (use_.samples > 0) {
      const std::uint64_t busy = progress(last_.cpu.all, s.cpu.all, busy_fields);
      const std::uint64_t free = progress(last_.cpu.all, s.cpu.all, free_fields);
      if (busy + free > 0) {
        use_.cpu_last = static_cast<double>(busy) / static_cast<double>(busy + free);
        use_.cpu =
            use_.samples == 1 ? use_.cpu_last : use_.cpu + weight * (use_.cpu_last - use_.cpu);
      }
    }
    use_.memory_last = s.memory.use();
    use_.memory = use_.memory + weight * (use_.memory_last - use_.memory);
    use_.cores = static_cast<double>(s.cpu.processors);
    use_.memory_total_gb = static_cast<double>(s.memory.total) * 1e-9;
    use_.load_one = s.load.one;
    use_.at = s.at;
    ++use_.samples;
    last_ = s;
    return true;
  }

  [[nodiscard]] const machine_use& use() const noexcept { return use_; }
  /// Whether there were two samples, so that `use().cpu` means something.
  [[nodiscard]] bool ready() const noexcept { return use_.samples > 1; }

 private:
  using field = std::uint64_t cpu_times::*;
  static constexpr field busy_fields[] = {&cpu_times::user, &cpu_times::nice,    &cpu_times::system,
                                          &cpu_times::irq,  &cpu_times::softirq, &cpu_times::steal};
  static constexpr field free_fields[] = {&cpu_times::idle, &cpu_times::iowait};

  template <std::size_t N>
  static std::uint64_t progress(const cpu_times& before, const cpu_times& after,
                                const field (&fields)[N]) noexcept {
    std::uint64_t sum = 0;
    for (const field f : fields) {
      if (after.*f > before.*f) sum += after.*f - before.*f;
    }
    return sum;
  }

  config config_{};
  machine_sample last_{};
  machine_use use_{};
};

}  // namespace muster::inline MUSTER_ABI::adapters::proc
