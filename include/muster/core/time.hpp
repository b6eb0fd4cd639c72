// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI {

/// A length of simulated time: a whole number of microseconds, may be negative.
///
/// Integer, so that the order of events never depends on rounding. 2^63 us is
/// 292,000 years; arithmetic does not check for overflow.
struct duration {
  std::int64_t us = 0;

  [[nodiscard]] constexpr double seconds() const noexcept { return static_cast<double>(us) * 1e-6; }
  [[nodiscard]] constexpr double milliseconds() const noexcept {
    return static_cast<double>(us) * 1e-3;
  }
  friend constexpr auto operator<=>(duration, duration) = default;
  friend constexpr duration operator+(duration a, duration b) noexcept { return {a.us + b.us}; }
  friend constexpr duration operator-(duration a, duration b) noexcept { return {a.us - b.us}; }
  friend constexpr duration operator-(duration a) noexcept { return {-a.us}; }
  friend constexpr duration operator*(duration a, std::int64_t k) noexcept { return {a.us * k}; }
  friend constexpr duration operator*(std::int64_t k, duration a) noexcept { return {a.us * k}; }
  friend constexpr std::int64_t operator/(duration a, duration b) noexcept { return a.us / b.us; }
  friend constexpr duration operator/(duration a, std::int64_t k) noexcept { return {a.us / k}; }
  constexpr duration& operator+=(duration b) noexcept { return us += b.us, *this; }
  constexpr duration& operator-=(duration b) noexcept { return us -= b.us, *this; }
};

[[nodiscard]] constexpr duration microseconds(std::int64_t n) noexcept { return {n}; }
[[nodiscard]] constexpr duration milliseconds(std::int64_t n) noexcept { return {n * 1000}; }
[[nodiscard]] constexpr duration seconds(std::int64_t n) noexcept { return {n * 1000000}; }
/// Nearest microsecond, halves away from zero; |s| must be below 9.2e12.
[[nodiscard]] constexpr duration from_seconds(double s) noexcept {
  return {static_cast<std::int64_t>(s * 1e6 + (s < 0 ? -0.5 : 0.5))};
}

/// A point of simulated time: microseconds since the start of the simulation.
struct instant {
  std::int64_t us = 0;

  [[nodiscard]] constexpr double seconds() const noexcept { return static_cast<double>(us) * 1e-6; }
  friend constexpr auto operator<=>(instant, instant) = default;
  friend constexpr instant operator+(instant t, duration d) noexcept { return {t.us + d.us}; }
  friend constexpr instant operator-(instant t, duration d) noexcept { return {t.us - d.us}; }
  friend constexpr duration operator-(instant a, instant b) noexcept { return {a.us - b.us}; }
  constexpr instant& operator+=(duration d) noexcept { return us += d.us, *this; }
};

/// Later than every event: the time of what never happens.
inline constexpr instant never{(std::numeric_limits<std::int64_t>::max)()};

}  // namespace muster::inline MUSTER_ABI
