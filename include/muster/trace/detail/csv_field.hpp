// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::trace::detail {

/// How a number was read.
enum class number_state : std::uint8_t { good, blank, not_a_number, negative, too_large };

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The text without spaces and tabs around it.
[[nodiscard]] constexpr std::string_view trim(std::string_view s) noexcept {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

/// Reads a plain decimal number: digits, perhaps a point and digits; a minus sign is noticed
/// so that it can be named. `out` is set only when the state is good.
///
/// Exact: up to 15 digits divided by a power of ten at most 10^22 is correctly rounded. Digits
/// behind the fifteenth, or the 22nd place, are dropped (they are below any unit of a trace).
[[nodiscard]] constexpr number_state read_decimal(std::string_view s, double limit,
                                                  double& out) noexcept {
  s = trim(s);
  if (s.empty()) return number_state::blank;
  const bool minus = s.front() == '-';
  if (minus) s.remove_prefix(1);
  std::uint64_t digits = 0;
  double scale = 1.0;
  int kept = 0;
  bool any = false, point = false, large = false;
  for (const char c : s) {
    if (is_digit(c)) {
      any = true;
      if (kept < 15 && scale < 1e22) {
        digits = digits * 10 + static_cast<std::uint64_t>(c - '0');
        if (digits != 0) ++kept;
        if (point) scale *= 10.0;
      } else if (!point) {
        large = true;
      }
    } else if (c == '.' && !point) {
      point = true;
    } else {
      return number_state::not_a_number;
    }
  }
  if (!any) return number_state::not_a_number;
  const double value = static_cast<double>(digits) / scale;
  if (minus && (digits != 0 || large)) return number_state::negative;
  if (large || value > limit) return number_state::too_large;
  out = value;
  return number_state::good;
}

/// Reads any decimal number: with a sign, or with an exponent of ten (-1, 4.2e-05). `out` is set
/// when the state is good, which it is for |number| <= `limit`.
[[nodiscard]] constexpr number_state read_real(std::string_view s, double limit,
                                               double& out) noexcept {
  s = trim(s);
  if (s.empty()) return number_state::blank;
  const bool minus = s.front() == '-';
  if (minus || s.front() == '+') s.remove_prefix(1);
  std::size_t e = 0;
  while (e != s.size() && s[e] != 'e' && s[e] != 'E') ++e;
  const std::string_view digits = s.substr(0, e);
  const auto is_part = [](char c) { return is_digit(c) || c == '.'; };
  if (digits.empty() || !is_part(digits.front()) || !is_part(digits.back())) {
    return number_state::not_a_number;  // neither a second sign nor spaces inside
  }
  double value = 0.0;
  if (const number_state state = read_decimal(digits, 1e15, value); state != number_state::good) {
    return state;
  }
  if (e != s.size()) {
    std::string_view power = s.substr(e + 1);
    const bool divide = power.starts_with('-');
    if (divide || power.starts_with('+')) power.remove_prefix(1);
    if (power.empty()) return number_state::not_a_number;
    int exponent = 0;
    for (const char c : power) {
      if (!is_digit(c)) return number_state::not_a_number;
      exponent = exponent > 99 ? 999 : exponent * 10 + (c - '0');
    }
    if (exponent > 200 && value != 0.0) {
      if (!divide) return number_state::too_large;
      value = 0.0;
    }
    double scale = 1.0;
    for (int i = 0; i < exponent && exponent <= 200; ++i) scale *= 10.0;
    value = divide ? value / scale : value * scale;
  }
  if (value > limit) return number_state::too_large;
  out = minus ? 0.0 - value : value;
  return number_state::good;
}

/// Reads a whole number of at most `limit`, below 10^18.
[[nodiscard]] constexpr number_state read_whole(std::string_view s, std::uint64_t limit,
                                                std::uint64_t& out) noexcept {
  s = trim(s);
  if (s.empty()) return number_state::blank;
  const bool minus = s.front() == '-';
  if (minus) s.remove_prefix(1);
  if (s.empty()) return number_state::not_a_number;
  std::uint64_t value = 0;
  bool large = false;
  for (const char c : s) {
    if (!is_digit(c)) return number_state::not_a_number;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
    if (value > limit) large = true, value = limit;
  }
  if (minus && value != 0) return number_state::negative;
  if (large) return number_state::too_large;
  out = value;
  return number_state::good;
}

/// Text from a file, made fit for a one-line message: short and printable.
[[nodiscard]] inline std::string printable(std::string_view s, std::size_t longest) {
  std::string text;
  for (const char c : s.substr(0, longest)) text += c >= ' ' && c <= '~' ? c : '?';
  if (s.size() > longest) text += "...";
  return text;
}
[[nodiscard]] inline std::string quoted(std::string_view s) { return "'" + printable(s, 32) + "'"; }

}  // namespace muster::inline MUSTER_ABI::trace::detail
