// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <muster/core/contracts.hpp>
#include <muster/trace/task.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// Turns a batch task of a trace into a request for a service.
///
/// Source    KMPS, section IV-A-1 (type, CPU, memory, and end - start as the delay requirement)
///           and the authors' released program (execution time and coefficients).
/// Equation  work = cpu / (rate c_w) s       deadline = arrival + kappa (end - start)
///           cores held = clamp(cpu / 2, 0.1, 0.5)      memory held = plan_mem % of a machine
/// Symbols   cpu = task::cpu, rate = config::rate, c_w = config::coefficient, kappa = 1
///           unless the caller scales deadlines
/// Choice    end - start is the run time in the trace and the delay requirement in the paper; so
///           the work comes from the demand for cores instead, 83 ms for one core of service 0.
///           The paper says that requests hold 0.1 to 0.5 vCPU, the trace has 0 to 10, mostly
///           0.5 and 1: half of it, clamped, keeps the order.
/// Trap      an allowance of zero or less stays so: such a request is late when it arrives.
class demand {
 public:
  struct config {
    double rate = 15.0;  ///< cores of demand a replica with c = 1 works off per s; > 0
    /// c_w: how fast a replica of each service is; services behind the last one have 1; > 0.
    std::array<double, 12> coefficient{0.8, 0.8, 0.9, 0.9, 1.0, 1.0, 1.1, 1.1, 1.2, 1.2, 1.3, 1.3};
    double cpu_share = 0.5;        ///< cores held per core of demand; >= 0
    double cpu_least = 0.1;        ///< cores held at least; >= 0
    double cpu_most = 0.5;         ///< cores held at most; >= cpu_least
    double machine_memory = 16.0;  ///< GB of the machine that plan_mem is a share of; >= 0
  };

  constexpr demand() noexcept = default;
  constexpr explicit demand(config c) noexcept : config_{c} {
    MUSTER_EXPECTS(c.rate > 0.0, "muster: trace::demand needs rate > 0; 15 is the released one");
    MUSTER_EXPECTS(c.cpu_least <= c.cpu_most,
                   "muster: trace::demand holds at least more cores than at most; exchange them");
  }

  /// The request that `t` becomes when it arrives at `when`; `deadline_scale` is kappa, >= 0.
  [[nodiscard]] constexpr job request(const task& t, job_id id, instant when,
                                      double deadline_scale = 1.0) const noexcept {
    const auto cpu = static_cast<double>(t.cpu);
    const double c = t.type < config_.coefficient.size() ? config_.coefficient[t.type] : 1.0;
    const double held = config_.cpu_share * cpu;
    job j;
    j.id = id;
    j.arrival = when;
    j.deadline = when + scaled(t.allowance, deadline_scale);
    j.work = from_seconds(cpu / (config_.rate * c));
    j.service = service_id{t.type};
    j.cpu = static_cast<float>(held < config_.cpu_least  ? config_.cpu_least
                               : held > config_.cpu_most ? config_.cpu_most
                                                         : held);
    j.memory = static_cast<float>(static_cast<double>(t.memory) / 100.0 * config_.machine_memory);
    return j;
  }

 private:
  [[nodiscard]] static constexpr duration scaled(duration d, double factor) noexcept {
    if (factor == 1.0) return d;
    const double us = static_cast<double>(d.us) * factor;
    return microseconds(static_cast<std::int64_t>(us + (us < 0 ? -0.5 : 0.5)));
  }

  config config_{};
};

}  // namespace muster::inline MUSTER_ABI::trace
