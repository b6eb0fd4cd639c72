// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <muster/report/palette.hpp>

namespace muster::inline MUSTER_ABI::report {

namespace detail {

/// Replaces every `from` in `text` by `to`.
inline void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// Reads "rgb( 1, 2, 3)" at `at`; `end` is set behind it. False if it is something else.
inline bool read_rgb(std::string_view text, std::size_t at, std::uint32_t& rgb, std::size_t& end) {
  std::size_t i = at + 4;  // behind "rgb("
  rgb = 0;
  for (int channel = 0; channel < 3; ++channel) {
    while (i < text.size() && text[i] == ' ') ++i;
    std::uint32_t value = 0;
    const std::size_t first = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9' && i < first + 3) {
      value = value * 10 + static_cast<std::uint32_t>(text[i++] - '0');
    }
    if (i == first || value > 255 || i >= text.size()) return false;
    if (text[i] != (channel == 2 ? ')' : ',')) return false;
    ++i;
    rgb = (rgb << 8) | value;
  }
  end = i;
  return true;
}

/// `var(--name,#light)` for a colour of the palette, else `#rrggbb`.
inline std::string themed(std::uint32_t rgb) {
  const auto variable = [](const shade& s) {
    return fmt::format("var({},{})", s.name, hex(s.light));
  };
  for (const shade& s : series_shades) {
    if (rgb == s.light) return variable(s);
  }
  if (rgb == ink.light || rgb == 0) return variable(ink);
  if (rgb == rule.light) return variable(rule);
  if (rgb == page.light) return variable(page);
  return hex(rgb);
}

}  // namespace detail

/// Makes an SVG drawn by gnuplot fit for use inside a page: no XML prolog, ids of its own, and
/// palette colours as CSS variables, so that it follows the page from light to dark.
///
/// `prefix` keeps the ids of several figures on one page apart; letters and digits.
/// `label` is what a screen reader says instead of the picture.
[[nodiscard]] inline std::string inline_svg(std::string_view svg, std::string_view prefix,
                                            std::string_view label) {
  const std::size_t start = svg.find("<svg");
  if (start == std::string_view::npos) return {};
  std::string text{svg.substr(start)};

  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    std::uint32_t rgb = 0;
    std::size_t end = 0;
    if (text.compare(i, 4, "rgb(") == 0 && detail::read_rgb(text, i, rgb, end)) {
      out += detail::themed(rgb);
      i = end;
    } else {
      out += text[i++];
    }
  }
  text = std::move(out);
  for (const char quote : {'"', '\''}) {
    for (const std::string_view attribute : {"fill", "stroke", "color"}) {
      for (const std::string_view equals : {"=", " = "}) {
        const auto pair = [&](std::string_view value) {
          return fmt::format("{}{}{}{}{}", attribute, equals, quote, value, quote);
        };
        detail::replace_all(text, pair("black"), pair(detail::themed(ink.light)));
        detail::replace_all(text, pair("white"), pair(detail::themed(page.light)));
        detail::replace_all(text, pair("gray"), pair(detail::themed(rule.light)));
      }
    }
    detail::replace_all(text, fmt::format("id={}", quote), fmt::format("id={}{}", quote, prefix));
    detail::replace_all(text, fmt::format("xlink:href={}#", quote),
                        fmt::format("href={}#{}", quote, prefix));
  }
  // gnuplot titles every curve "plot_1": a tooltip that says nothing.
  for (std::size_t at = text.find("<title>"); at != std::string::npos;
       at = text.find("<title>", at)) {
    const std::size_t end = text.find("</title>", at);
    if (end == std::string::npos) break;
    text.erase(at, end + 8 - at);
  }
  std::string escaped;
  for (const char c : label) {
    if (c == '"') {
      escaped += "&quot;";
    } else if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else {
      escaped += c;
    }
  }
  return fmt::format("<svg role=\"img\" aria-label=\"{}\"{}", escaped, text.substr(4));
}

}  // namespace muster::inline MUSTER_ABI::report
