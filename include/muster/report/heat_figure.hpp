// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <muster/core/contracts.hpp>
#include <muster/report/gnuplot.hpp>

namespace muster::inline MUSTER_ABI::report {

/// A table whose cells are coloured by value and say it in figures too, so that the colour is
/// never the only carrier.
struct heat_figure {
  std::string x_label, y_label;            ///< with units
  std::vector<std::string> columns, rows;  ///< names; the first row is at the top
  std::vector<double> values;              ///< row-major, rows x columns; not finite = empty
  std::vector<std::string> texts;          ///< what cells say, as many as values, or empty
  double low = 0.0, high = 1.0;            ///< ends of the colour scale, low < high
  int row_height = 26;                     ///< pixels
  int width = 900;                         ///< pixels
};

/// The gnuplot script that draws `figure` into `svg_path`.
[[nodiscard]] inline std::string gnuplot_script(const heat_figure& figure,
                                                std::string_view svg_path) {
  const std::size_t rows = figure.rows.size();
  const std::size_t columns = figure.columns.size();
  MUSTER_EXPECTS(rows > 0 && columns > 0 && figure.values.size() == rows * columns,
                 "muster: report::heat_figure has another number of values than cells; give rows x "
                 "columns values");
  MUSTER_EXPECTS(figure.texts.empty() || figure.texts.size() == figure.values.size(),
                 "muster: report::heat_figure has another number of texts than cells; give one "
                 "per cell, or none");
  std::string out =
      gnuplot_preamble(svg_path, figure.width, 90 + figure.row_height * static_cast<int>(rows));
  out += gnuplot_axes(figure.x_label, figure.y_label);
  out += fmt::format(
      "unset key\nunset grid\nunset border\nset tics scale 0\n"
      "set xrange [-0.5:{}.5]\nset yrange [-0.5:{}.5]\nset xtics (",
      columns - 1, rows - 1);
  for (std::size_t c = 0; c < columns; ++c) {
    out += fmt::format("{}{} {}", c == 0 ? "" : ", ", gnuplot_text(figure.columns[c]), c);
  }
  out += ")\nset ytics (";
  for (std::size_t r = 0; r < rows; ++r) {
    out += fmt::format("{}{} {}", r == 0 ? "" : ", ", gnuplot_text(figure.rows[r]), rows - 1 - r);
  }
  out += ")\n";
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      const std::size_t cell = r * columns + c;
      const double value = figure.values[cell];
      if (!std::isfinite(value)) continue;
      const double part = (value - figure.low) / (figure.high - figure.low);
      const double y = static_cast<double>(rows - 1 - r);
      const double x = static_cast<double>(c);
      // Objects, not `with image`: gnuplot would put a bitmap into the SVG.
      fmt::format_to(std::back_inserter(out),
                     "set object rectangle from {},{} to {},{} fc rgb {} fs solid 1 noborder\n",
                     x - 0.475, y - 0.46, x + 0.475, y + 0.46, gnuplot_text(hex(sequential(part))));
      if (!figure.texts.empty() && !figure.texts[cell].empty()) {
        // The letters belong to the cell, so they do not follow the page's colours.
        fmt::format_to(std::back_inserter(out),
                       "set label {} at {},{} center front textcolor rgb {} font \",11\"\n",
                       gnuplot_text(figure.texts[cell]), x, y,
                       part > 0.55 ? "\"#ffffff\"" : "\"#10161c\"");
      }
    }
  }
  return out + "plot NaN notitle\n";
}

}  // namespace muster::inline MUSTER_ABI::report
