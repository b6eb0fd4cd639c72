// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::report {

/// One colour in its two readings, 0xRRGGBB: for a light page and for a dark page.
struct shade {
  std::string_view name;  ///< of the CSS variable
  std::uint32_t light = 0;
  std::uint32_t dark = 0;
};

/// The colours of all figures.
///
/// Source   hues after M. Okabe and K. Ito: Color universal design, 2008, which stay apart
///          for the common kinds of colour blindness; darkened on light and lightened on dark
///          pages until each has a contrast of at least 3:1 to its page.
/// Hues that resemble an earlier one come last, and lines drawn in them are dashed too. A ninth
/// line reuses the first hue with another dash pattern.
inline constexpr std::array<shade, 8> series_shades{{
    {"--s0", 0x0072B2, 0x4FAEE8},  // blue
    {"--s1", 0xD55E00, 0xF08440},  // vermilion
    {"--s2", 0x008F68, 0x2DBE94},  // green
    {"--s3", 0xB8558F, 0xE08FBD},  // purple
    {"--s4", 0xB77F00, 0xE9B13C},  // orange
    {"--s5", 0x6E6A75, 0xA8A4B0},  // grey
    {"--s6", 0x857A00, 0xD8CC3E},  // yellow
    {"--s7", 0x2F8FC4, 0x8CCBF2},  // sky
}};
inline constexpr shade ink{"--ink", 0x1B1F24, 0xE6E8EB};
inline constexpr shade rule{"--rule", 0xD0D4DA, 0x3B424C};
inline constexpr shade page{"--page", 0xFFFFFE, 0x14171B};

/// `#rrggbb`
[[nodiscard]] inline std::string hex(std::uint32_t rgb) { return fmt::format("#{:06x}", rgb); }

/// Colour of step `i` of `n` of a sequential scale, 0 <= t <= 1: pale to dark blue-green,
/// rising evenly in lightness, so it also reads in grey.
[[nodiscard]] inline std::uint32_t sequential(double t) noexcept {
  constexpr std::array<std::array<double, 3>, 5> stops{{{237.0, 244.0, 247.0},
                                                        {168.0, 208.0, 222.0},
                                                        {84.0, 160.0, 190.0},
                                                        {22.0, 105.0, 146.0},
                                                        {8.0, 48.0, 86.0}}};
  const double clamped = t < 0.0 ? 0.0 : (t > 1.0 ? 1.0 : t);
  const double place = clamped * 4.0;
  const std::size_t low = place >= 4.0 ? 3 : static_cast<std::size_t>(place);
  const double part = place - static_cast<double>(low);
  std::uint32_t rgb = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    const double value = stops[low][c] + part * (stops[low + 1][c] - stops[low][c]);
    rgb = (rgb << 8) | static_cast<std::uint32_t>(value + 0.5);
  }
  return rgb;
}

/// The style sheet that gives every shade its value in both readings.
[[nodiscard]] inline std::string palette_css() {
  std::string light;
  std::string dark;
  const auto add = [&](const shade& s) {
    light += fmt::format("{}:{};", s.name, hex(s.light));
    dark += fmt::format("{}:{};", s.name, hex(s.dark));
  };
  for (const shade& s : series_shades) add(s);
  add(ink);
  add(rule);
  add(page);
  return fmt::format(
      ":root{{color-scheme:light dark;{}}}\n"
      "@media (prefers-color-scheme:dark){{:root{{{}}}}}\n",
      light, dark);
}

}  // namespace muster::inline MUSTER_ABI::report
