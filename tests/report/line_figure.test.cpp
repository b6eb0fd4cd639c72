// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <string>

#include <muster/report/line_figure.hpp>

#include "support/catch.hpp"
#include "support/gnuplot_run.hpp"

using muster::report::curve, muster::report::line_figure;

namespace {

line_figure two_curves() {
  line_figure f;
  f.x_label = "time (s)";
  f.y_label = "on time (%)";
  f.curves.push_back({"kmps_literal", {0, 1, 2}, {90, 95, 93}, {88, 94, 91}, {92, 96, 95}, 0});
  const double gap = std::numeric_limits<double>::quiet_NaN();
  f.curves.push_back({"bound", {0, 1, 2}, {99, gap, 98}, {}, {}, -1, true});
  f.spans.push_back({0.5, 1.5, "surge"});
  return f;
}

}  // namespace

TEST_CASE("a line figure carries data, bands first, and the marked span", "[report][line]") {
  const std::string text = gnuplot_script(two_curves(), "out.svg");
  CHECK(text.find("$c0 << EOD\n0 90 88 92 \n1 95 94 96 \n2 93 91 95 \nEOD\n") != std::string::npos);
  CHECK(text.find("$c1 << EOD\n0 99 \n1 NaN \n2 98 \nEOD\n") != std::string::npos);
  const std::size_t first = text.find("$c0 using 1:2 with lines");
  const std::size_t second = text.find("$c1 using 1:2 with lines");
  CHECK(text.find("filledcurves") < second);
  CHECK(second < first);  // the first curve is drawn last, so it lies on top
  CHECK(text.find("title \"kmps_literal\"") < text.find("title \"bound\""));
  CHECK(text.find("from 0.5,graph 0 to 1.5,graph 1") != std::string::npos);
  CHECK(text.find("set label \"surge\" at 1,graph") != std::string::npos);
  CHECK(text.find("dt (6,4) title \"bound\"") != std::string::npos);
}

TEST_CASE("ranges are free unless given; the second turn of the palette is dotted",
          "[report][line]") {
  line_figure f = two_curves();
  CHECK(gnuplot_script(f, "o").find("set yrange [*:*]") != std::string::npos);
  f.y_low = 0;
  f.y_high = 100;
  f.log_x = true;
  f.curves[0].style = 9;
  const std::string text = gnuplot_script(f, "o");
  CHECK(text.find("set yrange [0:100]") != std::string::npos);
  CHECK(text.find("set logscale x") != std::string::npos);
  CHECK(text.find("set logscale y") == std::string::npos);
  f.log_y = true;
  CHECK(gnuplot_script(f, "o").find("set logscale y") != std::string::npos);
  CHECK(text.find("dt (2,3) title \"kmps_literal\"") != std::string::npos);
}

TEST_CASE("gnuplot draws line_figure without a word", "[report][line]") {
  const std::string svg = draw_with_gnuplot(gnuplot_script(two_curves(), figure_path()));
  if (svg.empty()) {
    WARN("skipped: gnuplot is not installed");
    return;
  }
  CHECK(svg.find("kmps_literal") != std::string::npos);
  CHECK(svg.find("</svg>") != std::string::npos);
}
