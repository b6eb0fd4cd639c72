// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <muster/core/contracts.hpp>
#include <muster/core/time.hpp>
#include <muster/sim/time_integral.hpp>

namespace muster::inline MUSTER_ABI::sim {

/// Energy of a machine whose power grows in a straight line with its use.
///
/// Source    X. Fan, W.-D. Weber, L. A. Barroso: Power provisioning for a warehouse-sized
///           computer, ISCA 2007: P(u) = idle + (peak - idle) u is within a few per cent.
/// Equation  E(t) = idle t + (peak - idle) / cores * integral of the cores in use
/// Exact     use is counted in thousandths of a core over microseconds, without rounding; the
///           only floating-point step is the last one. Accuracy does not depend on how many
///           changes there were.
class cpu_energy {
 public:
  struct config {
    double idle = 60.0;   ///< W without load; >= 0
    double peak = 120.0;  ///< W with all cores in use; >= idle
    double cores = 4.0;   ///< > 0
  };

  cpu_energy() noexcept : cpu_energy(config{}) {}
  explicit cpu_energy(config c, instant start = {}) noexcept
      : config_{c}, start_{start}, used_{start} {
    MUSTER_EXPECTS(c.idle >= 0.0 && c.peak >= c.idle && c.cores > 0.0,
                   "muster: sim::cpu_energy needs 0 <= idle <= peak and cores > 0");
  }

  /// From `now` on this much is in use, in thousandths of a core.
  void set_use(instant now, std::int64_t thousandths) noexcept {
    MUSTER_EXPECTS(thousandths >= 0 && static_cast<double>(thousandths) <= config_.cores * 1000.0,
                   "muster: sim::cpu_energy: use is outside 0 .. cores; count what is held");
    used_.set(now, thousandths);
  }
  /// Joules since the start.
  [[nodiscard]] double joules(instant now) const noexcept {
    const double core_seconds = static_cast<double>(used_.total(now)) * 1e-9;
    return config_.idle * (now - start_).seconds() +
           (config_.peak - config_.idle) / config_.cores * core_seconds;
  }
  /// Mean share of the cores in use since the start, 0 to 1.
  [[nodiscard]] double utilisation(instant now) const noexcept {
    return used_.mean(start_, now) / (config_.cores * 1000.0);
  }
  /// W at this moment.
  [[nodiscard]] double power() const noexcept {
    return config_.idle + (config_.peak - config_.idle) *
                              (static_cast<double>(used_.level()) / (config_.cores * 1000.0));
  }

 private:
  config config_;
  instant start_;
  time_integral used_;
};

}  // namespace muster::inline MUSTER_ABI::sim
