// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <muster/core/contracts.hpp>
#include <muster/report/gnuplot.hpp>
#include <muster/stats/quantile.hpp>

namespace muster::inline MUSTER_ABI::report {

/// The five numbers of a box, and the values its whiskers do not reach.
///
/// whisker_low <= quartile_low <= median <= quartile_high <= whisker_high; all are NaN when
/// there is no finite value.
struct box_numbers {
  std::size_t count = 0;  ///< finite values
  double whisker_low = std::numeric_limits<double>::quiet_NaN();
  double quartile_low = std::numeric_limits<double>::quiet_NaN();
  double median = std::numeric_limits<double>::quiet_NaN();
  double quartile_high = std::numeric_limits<double>::quiet_NaN();
  double whisker_high = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> beyond;  ///< upwards; outside the whiskers
};

/// What a box plot shows of `values`, in any order; what is not finite is left out.
///
/// Idea      quartiles Q1 and Q3 by definition 7 (`stats::quantile`, the default of R and
///           NumPy); a whisker ends at the furthest value within 1.5 (Q3 - Q1) of its
///           quartile, the bound included. Every value further away is in `beyond`.
/// Source    J. Tukey: Exploratory Data Analysis, 1977, who takes hinges for quartiles: with
///           few values other programs may draw a slightly different box.
/// Edges     an interpolated quartile may have no value between it and the bound; its
///           whisker then has length 0 and does not point into the box.
/// Cost      O(n log n), one copy of the values.
[[nodiscard]] inline box_numbers box_of(std::span<const double> values) {
  std::vector<double> sorted;
  sorted.reserve(values.size());
  for (const double value : values) {
    if (std::isfinite(value)) sorted.push_back(value);
  }
  box_numbers box;
  box.count = sorted.size();
  if (sorted.empty()) return box;
  std::sort(sorted.begin(), sorted.end());
  box.quartile_low = stats::quantile_sorted(sorted, 0.25);
  box.median = stats::quantile_sorted(sorted, 0.5);
  box.quartile_high = stats::quantile_sorted(sorted, 0.75);
  const double reach = 1.5 * (box.quartile_high - box.quartile_low);
  box.whisker_low = box.quartile_low;
  box.whisker_high = box.quartile_high;
  for (const double value : sorted) {
    if (value < box.quartile_low - reach || value > box.quartile_high + reach) {
      box.beyond.push_back(value);
    } else {
      box.whisker_low = (std::min)(box.whisker_low, value);
      box.whisker_high = (std::max)(box.whisker_high, value);
    }
  }
  return box;
}

/// One row: the values behind a box.
struct box_row {
  std::string name;
  std::vector<double> values;  ///< in any order; not finite = left out; none left = an empty row
  int style = 0;               ///< number in the palette; negative = text
};

/// Distributions side by side, best read from top to bottom: a box from quartile to quartile
/// with the median across, whiskers, and rings for the values beyond them (see `box_of`).
struct box_figure {
  std::string x_label;        ///< with unit
  std::vector<box_row> rows;  ///< from the top
  bool log_x = false;         ///< for values above 0 that span orders of magnitude
  bool show_values = true;    ///< each value as a faint point below its box
  int width = 900;            ///< pixels; the height follows from the number of rows
};

/// The gnuplot script that draws `figure` into `svg_path`.
[[nodiscard]] inline std::string gnuplot_script(const box_figure& figure,
                                                std::string_view svg_path) {
  MUSTER_EXPECTS(!figure.rows.empty(), "muster: report::box_figure has no row; add at least one");
  for (const box_row& row : figure.rows) {
    MUSTER_EXPECTS(!figure.log_x || std::none_of(row.values.begin(), row.values.end(),
                                                 [](double v) { return v <= 0.0; }),
                   "muster: report::box_figure has a value without a logarithm; give values above "
                   "0, or log_x = false");
  }
  const std::size_t count = figure.rows.size();
  const int row_height = figure.show_values ? 44 : 34;  // pixels
  const double lift = figure.show_values ? 0.08 : 0.0;  // of a box, to make room for the points
  constexpr double half = 0.25;                         // height of a box, halved
  std::string out =
      gnuplot_preamble(svg_path, figure.width, 90 + row_height * static_cast<int>(count));
  out += gnuplot_axes(figure.x_label, "");
  out += fmt::format(
      "unset key\nunset grid\nset grid xtics lc rgb {} lw 0.6 dt 1\n"
      "set border 1\nset tics scale 0\nset offsets graph 0.04, graph 0.04, 0, 0\n"
      "set yrange [0.4:{}.6]\nset ytics (",
      gnuplot_text(hex(rule.light)), count);
  for (std::size_t i = 0; i < count; ++i) {
    out += fmt::format("{}{} {:.6g}", i == 0 ? "" : ", ", gnuplot_text(figure.rows[i].name),
                       static_cast<double>(count - i) + lift);
  }
  out += ")\n";
  if (figure.log_x) out += "set logscale x\n";
  const auto point = [&](double x, double y) {
    gnuplot_number(out, x);
    fmt::format_to(std::back_inserter(out), "{:.6g}\n", y);
  };
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  std::string plot;
  for (std::size_t i = 0; i < count; ++i) {
    const box_row& row = figure.rows[i];
    const box_numbers box = box_of(row.values);
    if (box.count == 0) continue;
    const double y = static_cast<double>(count - i) + lift;
    const std::string colour = gnuplot_colour(row.style);
    out += fmt::format("$b{} << EOD\n", i);
    gnuplot_number(out, box.median);
    out += fmt::format("{:.6g} ", y);
    gnuplot_number(out, box.quartile_low);
    gnuplot_number(out, box.quartile_high);
    out += fmt::format("{:.6g} {:.6g}\nEOD\n$w{} << EOD\n", y - half, y + half, i);
    const auto whisker = [&](double end, double quartile) {
      point(end, y - 0.5 * half);
      point(end, y + 0.5 * half);
      out += '\n';
      point(end, y);
      point(quartile, y);
    };
    whisker(box.whisker_low, box.quartile_low);
    out += '\n';
    whisker(box.whisker_high, box.quartile_high);
    out += fmt::format("EOD\n$m{} << EOD\n", i);
    point(box.median, y - half);
    point(box.median, y + half);
    out += "EOD\n";
    plot += fmt::format(
        "$w{0} using 1:2 with lines lc rgb {1} lw 1.2 notitle, "
        "$b{0} using 1:2:3:4:5:6 with boxxyerror fc rgb {1} fs transparent solid 0.2 border rgb "
        "{1} lw 1.2 notitle, "
        "$m{0} using 1:2 with lines lc rgb {1} lw 3 notitle, ",
        i, colour);
    if (!box.beyond.empty()) {
      out += fmt::format("$o{} << EOD\n", i);
      for (const double value : box.beyond) point(value, y);
      out += "EOD\n";
      plot += fmt::format("$o{} using 1:2 with points pt 6 ps 0.6 lw 1.8 lc rgb {} notitle, ", i,
                          colour);
    }
    if (figure.show_values) out += fmt::format("$v{} << EOD\n", i);
    for (const double value : row.values) {
      if (!std::isfinite(value)) continue;
      least = (std::min)(least, value);
      most = (std::max)(most, value);
      if (figure.show_values) point(value, y - half - 0.13);
    }
    if (figure.show_values) {
      out += "EOD\n";
      // Half transparent (the first two digits), so that equal values add up.
      plot += fmt::format("$v{} using 1:2 with points pt 7 ps 0.35 lc rgb \"#80{} notitle, ", i,
                          colour.substr(2));
    }
  }
  if (plot.empty()) return out + "set xrange [0:1]\nplot NaN notitle\n";
  // Values that gnuplot cannot tell apart would make it widen the axis, and complain.
  const double size = (std::max)(std::abs(least), std::abs(most));
  if (most - least <= 1e-5 * size || size == 0.0) {
    const double margin = size == 0.0 ? 1.0 : 0.05 * size;
    out += fmt::format("set xrange [{:.6g}:{:.6g}]\n", least - margin, most + margin);
  } else if (!figure.log_x) {
    out += gnuplot_from_zero(least, most);
  }
  plot.resize(plot.size() - 2);
  return out + "plot " + plot + '\n';
}

}  // namespace muster::inline MUSTER_ABI::report
