// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <muster/report/palette.hpp>

namespace muster::inline MUSTER_ABI::report {

/// Pieces of gnuplot scripts that every figure shares.
///
/// A script carries its data, names its output and needs nothing else: `gnuplot figure.gp`
/// draws it again, and a person may edit it for a paper. Text is taken as it is
/// (`noenhanced`), so `least_queue` keeps its underscore.

/// `text` as a gnuplot string, in double quotes.
[[nodiscard]] inline std::string gnuplot_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

/// A number for a data block; what is not finite becomes a gap.
inline void gnuplot_number(std::string& out, double value) {
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(out), "{:.6g} ", value);
  } else {
    out += "NaN ";
  }
}

/// Colour of a series: the palette in turn; a negative number is the colour of text.
[[nodiscard]] inline std::string gnuplot_colour(int style) {
  const shade& s =
      style < 0 ? ink : series_shades[static_cast<std::size_t>(style) % series_shades.size()];
  return gnuplot_text(hex(s.light));
}

/// Terminal, output and the quiet axes of all figures.
[[nodiscard]] inline std::string gnuplot_preamble(std::string_view svg_path, int width,
                                                  int height) {
  return fmt::format(
      "set encoding utf8\n"
      "set terminal svg size {},{} dynamic noenhanced font \"sans-serif,13\"\n"
      "set output {}\n"
      "set border 3 lc rgb {} lw 0.8\n"
      "set tics nomirror out scale 0.5 textcolor rgb {}\n"
      "set grid ytics lc rgb {} lw 0.6 dt 1\n"
      "set key outside right center vertical Left reverse samplen 2.5 width 2 spacing 1.25"
      " textcolor rgb {}\n",
      width, height, gnuplot_text(svg_path), gnuplot_text(hex(ink.light)),
      gnuplot_text(hex(ink.light)), gnuplot_text(hex(rule.light)), gnuplot_text(hex(ink.light)));
}

/// Lets the x axis begin at 0 where the data do so nearly, as times and shares often do; gnuplot
/// would begin below it and show what cannot be.
[[nodiscard]] inline std::string gnuplot_from_zero(double least, double most) {
  return least >= 0.0 && least < 0.15 * (most - least) ? "set xrange [0:*]\n" : "";
}

/// Axis names, with their units in the text.
[[nodiscard]] inline std::string gnuplot_axes(std::string_view x_label, std::string_view y_label) {
  return fmt::format("set xlabel {} textcolor rgb {}\nset ylabel {} textcolor rgb {}\n",
                     gnuplot_text(x_label), gnuplot_text(hex(ink.light)), gnuplot_text(y_label),
                     gnuplot_text(hex(ink.light)));
}

}  // namespace muster::inline MUSTER_ABI::report
