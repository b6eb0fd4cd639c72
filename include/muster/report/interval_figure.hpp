// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <muster/core/contracts.hpp>
#include <muster/report/gnuplot.hpp>

namespace muster::inline MUSTER_ABI::report {

/// One row: a mean with its interval, and the single values behind it.
struct interval_row {
  std::string name;
  double mean = 0.0, low = 0.0, high = 0.0;  ///< low <= mean <= high
  std::vector<double> values;                ///< one per seed, drawn as faint points
  int style = 0;                             ///< number in the palette; negative = text
};

/// Named means side by side, best read from top to bottom.
struct interval_figure {
  std::string x_label;                                          ///< with unit
  double reference = std::numeric_limits<double>::quiet_NaN();  ///< a line across, or none
  std::string reference_label;
  std::vector<interval_row> rows;  ///< from the top
  int width = 900;                 ///< pixels; the height follows from the number of rows
};

/// The gnuplot script that draws `figure` into `svg_path`.
[[nodiscard]] inline std::string gnuplot_script(const interval_figure& figure,
                                                std::string_view svg_path) {
  MUSTER_EXPECTS(!figure.rows.empty(),
                 "muster: report::interval_figure has no row; add at least one");
  const std::size_t count = figure.rows.size();
  std::string out = gnuplot_preamble(svg_path, figure.width, 90 + 30 * static_cast<int>(count));
  out += gnuplot_axes(figure.x_label, "");
  out += fmt::format(
      "unset key\nunset grid\nset grid xtics lc rgb {} lw 0.6 dt 1\n"
      "set border 1\nset tics scale 0\nset offsets graph 0.04, graph 0.04, 0, 0\n"
      "set yrange [0.4:{}.6]\nset ytics (",
      gnuplot_text(hex(rule.light)), count);
  for (std::size_t i = 0; i < count; ++i) {
    out += fmt::format("{}{} {}", i == 0 ? "" : ", ", gnuplot_text(figure.rows[i].name), count - i);
  }
  out += ")\n";
  std::string plot;
  if (std::isfinite(figure.reference)) {
    out += fmt::format(
        "$reference << EOD\n{0:.6g} 0.4\n{0:.6g} {1}.6\nEOD\n"
        "set label {2} at {0:.6g},graph 1.0 center offset 0,0.6 textcolor rgb {3}\n",
        figure.reference, count, gnuplot_text(figure.reference_label),
        gnuplot_text(hex(ink.light)));
    plot += fmt::format("$reference using 1:2 with lines lc rgb {} lw 1.2 dt (6,4) notitle, ",
                        gnuplot_text(hex(ink.light)));
  }
  double least = std::numeric_limits<double>::infinity(), most = -least;
  const auto covers = [&](double value) {
    if (!std::isfinite(value)) return;
    least = (std::min)(least, value);
    most = (std::max)(most, value);
  };
  for (std::size_t i = 0; i < count; ++i) {
    const interval_row& row = figure.rows[i];
    for (const double value : row.values) covers(value);
    for (const double value : {row.mean, row.low, row.high}) covers(value);
    if (!row.values.empty()) {
      out += fmt::format("$v{} << EOD\n", i);
      for (const double value : row.values) {
        gnuplot_number(out, value);
        out += fmt::format("{:.2f}\n", static_cast<double>(count - i) - 0.22);
      }
      out += "EOD\n";
      plot += fmt::format("$v{} using 1:2 with points pt 7 ps 0.25 lc rgb {} notitle, ", i,
                          gnuplot_colour(row.style));
    }
    out += fmt::format("$m{} << EOD\n", i);
    gnuplot_number(out, row.mean);
    out += fmt::format("{} ", count - i);
    gnuplot_number(out, row.low);
    gnuplot_number(out, row.high);
    out += "\nEOD\n";
    plot +=
        fmt::format("$m{} using 1:2:3:4 with xerrorbars pt 7 ps 0.75 lw 1.8 lc rgb {} notitle, ", i,
                    gnuplot_colour(row.style));
  }
  plot.resize(plot.size() - 2);
  out += gnuplot_from_zero(least, most);
  return out + "plot " + plot + '\n';
}

}  // namespace muster::inline MUSTER_ABI::report
