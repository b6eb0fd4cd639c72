// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <muster/core/contracts.hpp>
#include <muster/report/gnuplot.hpp>

namespace muster::inline MUSTER_ABI::report {

/// One row: a machine, as high as it has lanes (vCPUs, slots, links).
struct timeline_row {
  std::string name;
  std::uint32_t lanes = 1;  ///< >= 1
};

/// Lanes [first_lane, first_lane + lanes) of a row, held over [from, until).
struct timeline_bar {
  std::uint32_t row = 0;                    ///< number in timeline_figure::rows
  std::uint32_t first_lane = 0, lanes = 1;  ///< lane 0 is the uppermost of its row; lanes >= 1
  double from = 0.0, until = 0.0;  ///< from <= until, either may be infinite; NaN = not drawn
  int style = 0;                   ///< number in the palette; negative = text
};

/// How the bars of one style look; a style that is not listed has the default fill, no name.
struct timeline_style {
  std::string name;  ///< in the key; empty = not listed there
  int style = 0;     ///< number in the palette; negative = text
  /// 0 = outline only, 1 = full colour: tells styles apart in grey, too. Above about 0.6 the
  /// outlines between neighbours are lost.
  double fill = 0.5;
};

/// Who held what, when: rows of lanes over a common time axis.
///
/// A row is drawn on a pale ground as high as its lanes, so what stays empty was idle. Bars keep
/// a thin outline in their full colour: neighbours can be told apart, and bars thinner than a
/// pixel still show. Fills are transparent, so bars that overlap show through each other.
struct timeline_figure {
  std::string x_label;             ///< with unit
  double from = 0.0, until = 1.0;  ///< finite, from < until; bars are cut to [from, until)
  std::vector<timeline_row> rows;  ///< from the top
  std::vector<timeline_bar> bars;
  std::vector<timeline_style> styles;  ///< in the order of the key; one entry per style
  int width = 900, height = 420;       ///< pixels; all lanes are equally high
};

/// The gnuplot script that draws `figure` into `svg_path`.
[[nodiscard]] inline std::string gnuplot_script(const timeline_figure& figure,
                                                std::string_view svg_path) {
  MUSTER_EXPECTS(!figure.rows.empty(),
                 "muster: report::timeline_figure has no row; add at least one");
  MUSTER_EXPECTS(
      std::isfinite(figure.from) && std::isfinite(figure.until) && figure.from < figure.until,
      "muster: report::timeline_figure has no time to show; give finite from < until");
  double height = 0.0;  // in lanes, downwards
  for (const timeline_row& row : figure.rows) {
    MUSTER_EXPECTS(row.lanes >= 1,
                   "muster: report::timeline_row has no lane; give lanes >= 1, or leave it out");
    height += static_cast<double>(row.lanes);
  }
  const double gap = 0.2 * height / static_cast<double>(figure.rows.size());
  std::vector<double> tops;
  std::string ticks;
  std::string out = "$rows << EOD\n";
  // One rectangle, as boxxyerror wants it: a point within, then its ends in x and in y.
  const auto rectangle = [](std::string& block, double from, double until, double top,
                            double bottom) {
    fmt::format_to(std::back_inserter(block),
                   "{0:.10g} {2:.8g} {0:.10g} {1:.10g} {2:.8g} {3:.8g}\n", from, until, top,
                   bottom);
  };
  height = 0.0;
  for (const timeline_row& row : figure.rows) {
    if (!tops.empty()) height += gap;
    tops.push_back(height);
    height += static_cast<double>(row.lanes);
    rectangle(out, figure.from, figure.until, tops.back(), height);
    ticks += fmt::format("{}{} {:.8g}", ticks.empty() ? "" : ", ", gnuplot_text(row.name),
                         (tops.back() + height) / 2);
  }
  out += "EOD\n";

  std::vector<timeline_style> styles = figure.styles;
  for (const timeline_style& style : styles) {
    MUSTER_EXPECTS(style.fill >= 0.0 && style.fill <= 1.0,
                   "muster: report::timeline_style has no such fill; write 0 <= fill <= 1");
  }
  std::vector<std::string> blocks(styles.size());
  for (const timeline_bar& bar : figure.bars) {
    MUSTER_EXPECTS(bar.row < figure.rows.size(),
                   "muster: report::timeline_bar lies in a row that is not there; give the number "
                   "of a row of its figure, counted from 0");
    const timeline_row& row = figure.rows[bar.row];
    MUSTER_EXPECTS(
        bar.lanes >= 1 && bar.first_lane < row.lanes && bar.lanes <= row.lanes - bar.first_lane,
        "muster: report::timeline_bar leaves its row; give lanes >= 1 and first_lane + "
        "lanes <= the lanes of the row");
    MUSTER_EXPECTS(!(bar.until < bar.from),
                   "muster: report::timeline_bar ends before it starts; swap from and until");
    const double from = (std::max)(figure.from, bar.from);
    const double until = (std::min)(figure.until, bar.until);
    if (std::isnan(bar.from) || std::isnan(bar.until) || !(from < until)) continue;
    const auto same = [&](const timeline_style& s) { return s.style == bar.style; };
    const auto at = std::find_if(styles.begin(), styles.end(), same);
    const auto place = static_cast<std::size_t>(at - styles.begin());
    if (at == styles.end()) {
      styles.push_back({"", bar.style});
      blocks.emplace_back();
    }
    const double top = tops[bar.row] + static_cast<double>(bar.first_lane);
    rectangle(blocks[place], from, until, top, top + static_cast<double>(bar.lanes));
  }
  std::string key;
  // Data and not objects: a look is said once per style, and a person can edit it for a paper.
  std::string plot = fmt::format(
      "$rows using 1:2:3:4:5:6 with boxxyerror fc rgb {} fs transparent solid 0.35 noborder "
      "notitle, ",
      gnuplot_text(hex(rule.light)));
  for (std::size_t s = 0; s < styles.size(); ++s) {
    const std::string look =
        fmt::format("fc rgb {0} fs transparent solid {1:.3g} border rgb {0} lw 0.5",
                    gnuplot_colour(styles[s].style), styles[s].fill);
    if (!styles[s].name.empty()) {
      key += fmt::format("keyentry with boxes {} title {}, ", look, gnuplot_text(styles[s].name));
    }
    if (blocks[s].empty()) continue;
    out += fmt::format("$s{} << EOD\n{}EOD\n", s, blocks[s]);
    plot += fmt::format("$s{} using 1:2:3:4:5:6 with boxxyerror {} notitle, ", s, look);
  }
  plot += key;
  plot.resize(plot.size() - 2);
  return gnuplot_preamble(svg_path, figure.width, figure.height) +
         gnuplot_axes(figure.x_label, "") +
         (key.empty() ? "unset key\n" : "set key outside center top horizontal samplen 1.5\n") +
         fmt::format(
             "unset grid\nset border 1\nset xtics scale 0.5\n"
             "set xrange [{:.10g}:{:.10g}]\nset yrange [{:.8g}:0]\nset ytics scale 0 ({})\n",
             figure.from, figure.until, height, ticks) +
         out + "plot " + plot + '\n';
}

}  // namespace muster::inline MUSTER_ABI::report
