// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <muster/core/contracts.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::sim {

/// Several things that repeat at periods of their own, on one clock.
///
/// Idea      a scheduler acts at several time scales: KMPS dispatches every 0.25 s, looks after
///           urgent requests every 2 s and orchestrates every 25 s. Each scale is a rate; this
///           says which rates are due when, and nothing else, so that a loop, an event kernel or
///           a simulator that skips idle time can all use it.
/// Source    KMPS, section II-B and Algorithm 1; also the 250 ms, 3 s and 20 s of layered agents.
/// Meaning   rate i is due at phase_i, phase_i + period_i, phase_i + 2 period_i, ...
/// Order     rates due at one time are served by their number, smallest first: number them
///           from the slowest to the fastest to let a plan be in force when the faster ones act.
/// Cost      O(N) arithmetic, no state but the rates, no allocation.
template <std::size_t N>
class multi_rate {
 public:
  struct rate {
    duration period{};  ///< >= 0; 0 = never due
    duration phase{};   ///< first time it is due; >= 0
  };
  /// What is due next.
  struct tick {
    instant at = never;
    std::uint32_t due = 0;  ///< bit i is set when rate i is due; 0 when nothing ever is
    [[nodiscard]] constexpr bool has(std::size_t i) const noexcept { return (due >> i & 1U) != 0; }
  };
  static_assert(N > 0 && N <= 32, "muster: sim::multi_rate takes 1 to 32 rates");

  constexpr multi_rate() = default;
  constexpr explicit multi_rate(const std::array<rate, N>& rates) : rates_{rates} {
    for (const rate& r : rates) {
      MUSTER_EXPECTS(r.period.us >= 0 && r.phase.us >= 0,
                     "muster: sim::multi_rate has a negative period or phase; write times >= 0, "
                     "and a period of 0 for never");
    }
  }

  /// First time at or after t at which rate i is due; `never` if its period is 0.
  [[nodiscard]] constexpr instant next(std::size_t i, instant t) const noexcept {
    const rate& r = rates_[i];
    if (r.period.us == 0) return never;
    if (t.us <= r.phase.us) return {r.phase.us};
    return {r.phase.us + (t.us - r.phase.us + r.period.us - 1) / r.period.us * r.period.us};
  }
  /// Whether rate i is due at t.
  [[nodiscard]] constexpr bool due(std::size_t i, instant t) const noexcept {
    return next(i, t) == t && t != never;
  }
  /// The first tick at or after t. A loop: `for (auto k = r.from(start); ...; k = r.from(k.at +
  /// microseconds(1)))`.
  [[nodiscard]] constexpr tick from(instant t) const noexcept {
    tick result;
    for (std::size_t i = 0; i < N; ++i) {
      const instant at = next(i, t);
      if (at == never || at > result.at) continue;
      if (at < result.at) result = {at, 0};
      result.due |= 1U << i;
    }
    return result;
  }
  [[nodiscard]] constexpr const rate& operator[](std::size_t i) const noexcept { return rates_[i]; }

 private:
  std::array<rate, N> rates_{};
};

/// Serves every due rate from `start` to before `end`: `act(i, now)` in the order of the class.
template <std::size_t N, class Act>
constexpr void run(const multi_rate<N>& rates, instant start, instant end, Act&& act) {
  for (auto k = rates.from(start); k.due != 0 && k.at < end; k = rates.from(k.at + duration{1})) {
    for (std::size_t i = 0; i < N; ++i) {
      if (k.has(i)) act(i, k.at);
    }
  }
}

}  // namespace muster::inline MUSTER_ABI::sim
