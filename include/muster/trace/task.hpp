// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

#include <muster/core/job.hpp>

namespace muster::inline MUSTER_ABI::trace {

/// A length of time that a trace does not tell.
inline constexpr duration unknown_time = seconds(-1);

/// One row of any trace, whatever its format: what every reader gives and every replay takes.
struct task {
  instant start{};              ///< on the clock of its trace
  duration allowance{};         ///< end - start: how long it took, and how long it may take
  std::uint32_t type = 0;       ///< service type, from 0
  float cpu = 0.0F;             ///< cores asked for; >= 0
  float memory = 0.0F;          ///< GB (2^30 bytes), or per cent of the largest machine where the
                                ///< trace knows shares only: its reader says; 0 = not known; >= 0
  std::uint32_t instances = 1;  ///< parallel copies
  std::uint64_t line = 0;       ///< where it was read, from 1; 0 = made, not read

  friend constexpr bool operator==(const task&, const task&) = default;
};

static_assert(std::is_trivially_copyable_v<task>);

/// A request on its way into a simulated system.
struct arrival {
  job request{};                   ///< request.arrival is when it comes
  std::uint32_t access_point = 0;  ///< where it comes in, from 0
};

static_assert(std::is_trivially_copyable_v<arrival>);

}  // namespace muster::inline MUSTER_ABI::trace
