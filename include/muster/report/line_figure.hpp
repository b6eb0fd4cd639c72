// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <muster/core/contracts.hpp>
#include <muster/report/gnuplot.hpp>

namespace muster::inline MUSTER_ABI::report {

/// One curve of a line figure, with a band around it if `low` and `high` are given.
struct curve {
  std::string name;               ///< in the legend; empty = not listed
  std::vector<double> x, y;       ///< of one length; not finite = a gap
  std::vector<double> low, high;  ///< empty, or as long as x
  int style = 0;                  ///< number in the palette; negative = colour of text
  bool dashed = false;            ///< for bounds and references; also a second turn of the palette
  double width = 1.8;             ///< pixels
};

/// A marked stretch of the x axis.
struct x_span {
  double from = 0.0, to = 0.0;
  std::string label;
};

/// Curves over a common x axis: learning curves, throughput over time, distributions.
struct line_figure {
  std::string x_label, y_label;                              ///< with units
  bool log_x = false, log_y = false;                         ///< what is not above 0 becomes a gap
  double y_low = std::numeric_limits<double>::quiet_NaN();   ///< not a number = from the data
  double y_high = std::numeric_limits<double>::quiet_NaN();  ///< not a number = from the data
  double x_low = std::numeric_limits<double>::quiet_NaN();   ///< not a number = from the data
  double x_high = std::numeric_limits<double>::quiet_NaN();  ///< not a number = from the data
  std::vector<curve> curves;                                 ///< the most important first
  std::vector<x_span> spans;
  int width = 900, height = 380;  ///< pixels
};

namespace detail {

/// Dash pattern: hues late in the palette resemble earlier ones, so their lines differ too.
[[nodiscard]] inline const char* dashes(const curve& line) noexcept {
  if (line.dashed) return "(6,4)";
  if (line.style >= static_cast<int>(series_shades.size())) return "(2,3)";
  return line.style >= 5 ? "(12,3)" : "1";
}

}  // namespace detail

/// The gnuplot script that draws `figure` into `svg_path`; the first curve lies on top.
[[nodiscard]] inline std::string gnuplot_script(const line_figure& figure,
                                                std::string_view svg_path) {
  std::string out = gnuplot_preamble(svg_path, figure.width, figure.height);
  out += gnuplot_axes(figure.x_label, figure.y_label);
  if (figure.log_x) out += "set logscale x\n";
  if (figure.log_y) out += "set logscale y\n";
  const auto bound = [](double value) {
    return std::isfinite(value) ? fmt::format("{:.6g}", value) : std::string{"*"};
  };
  // The gap above a free y range leaves room for the label of a span.
  out += fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]\nset offsets 0,0,{},0\n",
                     bound(figure.x_low), bound(figure.x_high), bound(figure.y_low),
                     bound(figure.y_high),
                     figure.spans.empty() || std::isfinite(figure.y_high) ? "0" : "graph 0.08");
  for (const x_span& span : figure.spans) {
    out += fmt::format(
        "set object rectangle from {:.6g},graph 0 to {:.6g},graph 1 fc rgb {} fs solid 0.13 "
        "noborder behind\n"
        "set label {} at {:.6g},graph 0.965 center front textcolor rgb {}\n",
        span.from, span.to, gnuplot_colour(5), gnuplot_text(span.label), (span.from + span.to) / 2,
        gnuplot_text(hex(ink.light)));
  }
  std::string bands;
  std::string legend;
  std::string lines;
  for (std::size_t c = 0; c < figure.curves.size(); ++c) {
    const curve& line = figure.curves[c];
    MUSTER_EXPECTS(line.x.size() == line.y.size(),
                   "muster: report::curve has x and y of different lengths; give one y for each x");
    MUSTER_EXPECTS(line.low.size() == line.high.size() &&
                       (line.low.empty() || line.low.size() == line.x.size()),
                   "muster: report::curve has a band of another length; give low and high for "
                   "each x, or neither");
    out += fmt::format("$c{} << EOD\n", c);
    for (std::size_t i = 0; i < line.x.size(); ++i) {
      gnuplot_number(out, line.x[i]);
      gnuplot_number(out, line.y[i]);
      if (!line.low.empty()) {
        gnuplot_number(out, line.low[i]);
        gnuplot_number(out, line.high[i]);
      }
      out += '\n';
    }
    out += "EOD\n";
    if (!line.low.empty()) {
      // Bands first, so that no band hides another curve.
      bands += fmt::format(
          "$c{} using 1:3:4 with filledcurves fc rgb {} fs transparent solid 0.18 noborder "
          "notitle, ",
          c, gnuplot_colour(line.style));
    }
    const std::string look = fmt::format("lines lc rgb {} lw {} dt {}", gnuplot_colour(line.style),
                                         line.width, detail::dashes(line));
    if (!line.name.empty()) {
      legend += fmt::format("keyentry with {} title {}, ", look, gnuplot_text(line.name));
    }
    // Last to first: the first curve is drawn last, on top of the others.
    lines = fmt::format("$c{} using 1:2 with {} notitle, ", c, look) + lines;
  }
  std::string plot = bands + legend + lines;
  MUSTER_EXPECTS(!plot.empty(), "muster: report::line_figure has no curve; add at least one");
  plot.resize(plot.size() - 2);
  return out + "plot " + plot + '\n';
}

}  // namespace muster::inline MUSTER_ABI::report
