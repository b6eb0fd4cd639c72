// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI::adapters::kubernetes {

/// Reads an amount as Kubernetes writes it, such as `250m`, `1.5`, `16Gi` or `1e3`, in thousandths.
///
/// Source    Kubernetes API, resource.Quantity: digits with an optional point, then one of
///           n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent e/E. Parts below a thousandth
///           are rounded up, as the server does.
/// Errors    anything else, a negative amount, more than 18 digits, more than 2^63 thousandths.
/// Cost      allocates only for an error.
[[nodiscard]] inline result<std::int64_t> read_quantity(std::string_view text) {
  __extension__ using wide = unsigned __int128;
  const auto bad = [&](const char* what) {
    std::string shown;
    for (const char c : text.substr(0, 32)) shown += c >= ' ' && c <= '~' ? c : '?';
    return error{'\'' + shown + "' " + what, "", 0, "", "an amount such as 250m, 1.5, 16Gi or 1e3"};
  };
  wide digits = 0;
  int count = 0, exponent = 3;  // in thousandths
  std::size_t i = 0;
  bool point = false, any = false;
  if (i < text.size() && text[i] == '+') ++i;
  for (; i < text.size(); ++i) {
    if (text[i] == '.' && !point) {
      point = true;
    } else if (text[i] >= '0' && text[i] <= '9') {
      any = true;
      if (digits != 0 || text[i] != '0') ++count;
      if (count > 18) return bad("has too many digits");
      digits = digits * 10 + static_cast<unsigned>(text[i] - '0');
      if (point) --exponent;
    } else {
      break;
    }
  }
  if (!any) return bad("is no amount");
  std::string_view suffix = text.substr(i);
  int twos = 0;
  if (suffix.size() == 2 && suffix[1] == 'i') {
    const std::size_t power = std::string_view{"KMGTPE"}.find(suffix[0]);
    if (power == std::string_view::npos) return bad("has an unknown unit");
    twos = 10 * (static_cast<int>(power) + 1);
  } else if (suffix.size() >= 2 && (suffix[0] == 'e' || suffix[0] == 'E')) {
    suffix.remove_prefix(1);
    const bool minus = suffix[0] == '-';
    if (minus || suffix[0] == '+') suffix.remove_prefix(1);
    if (suffix.empty() || suffix.size() > 2) return bad("has no such exponent");
    int value = 0;
    for (const char c : suffix) {
      if (c < '0' || c > '9') return bad("has no such exponent");
      value = value * 10 + (c - '0');
    }
    exponent += minus ? -value : value;
  } else if (suffix.size() == 1) {
    switch (suffix[0]) {
      case 'n':
        exponent -= 9;
        break;
      case 'u':
        exponent -= 6;
        break;
      case 'm':
        exponent -= 3;
        break;
      case 'k':
        exponent += 3;
        break;
      case 'M':
        exponent += 6;
        break;
      case 'G':
        exponent += 9;
        break;
      case 'T':
        exponent += 12;
        break;
      case 'P':
        exponent += 15;
        break;
      case 'E':
        exponent += 18;
        break;
      default:
        return bad("has an unknown unit");
    }
  } else if (!suffix.empty()) {
    return bad("has an unknown unit");
  }
  constexpr wide limit = static_cast<wide>((std::numeric_limits<std::int64_t>::max)());
  // digits < 10^18 < 2^60, so the product with a power of two stays below 2^120.
  digits <<= twos;
  for (; exponent > 0 && digits != 0; --exponent) {
    if (digits > limit) return bad("is too large");
    digits *= 10;
  }
  for (; exponent < 0 && digits != 0; ++exponent) digits = (digits + 9) / 10;
  if (digits > limit) return bad("is too large");
  return static_cast<std::int64_t>(digits);
}

}  // namespace muster::inline MUSTER_ABI::adapters::kubernetes
