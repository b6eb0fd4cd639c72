// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <muster/report/interval_figure.hpp>

#include "support/catch.hpp"
#include "support/gnuplot_run.hpp"

using muster::report::interval_figure;

namespace {

interval_figure two_rows() {
  interval_figure f;
  f.x_label = "requests on time (%)";
  f.reference = 97.5;
  f.reference_label = "bound";
  f.rows.push_back({"kmps", 95, 94, 96, {94.5, 95.5}, 0});
  f.rows.push_back({"least_queue", 90, 88, 92, {}, 1});
  return f;
}

}  // namespace

TEST_CASE("rows run from the top, the values lie just below their mean", "[report][interval]") {
  const std::string text = gnuplot_script(two_rows(), "out.svg");
  CHECK(text.find("set ytics (\"kmps\" 2, \"least_queue\" 1)") != std::string::npos);
  CHECK(text.find("$m0 << EOD\n95 2 94 96 \nEOD\n") != std::string::npos);
  CHECK(text.find("$v0 << EOD\n94.5 1.78\n95.5 1.78\nEOD\n") != std::string::npos);
  CHECK(text.find("$v1") == std::string::npos);
  CHECK(text.find("$reference << EOD\n97.5 0.4\n97.5 2.6\nEOD\n") != std::string::npos);
}

TEST_CASE("without a reference there is no line", "[report][interval]") {
  interval_figure f;
  f.rows.push_back({"only", 1, 1, 1, {}, 0});
  CHECK(gnuplot_script(f, "o").find("$reference") == std::string::npos);
}

TEST_CASE("the axis of intervals near 0 begins there", "[report][interval]") {
  interval_figure f;
  f.rows.push_back({"only", 5, 1, 9, {}, 0});
  CHECK(gnuplot_script(f, "o").find("set xrange [0:*]") != std::string::npos);
  f.rows.push_back({"below", 5, -1, 9, {}, 0});
  CHECK(gnuplot_script(f, "o").find("set xrange") == std::string::npos);
  CHECK(gnuplot_script(two_rows(), "o").find("set xrange") == std::string::npos);
}

TEST_CASE("gnuplot draws interval_figure without a word", "[report][interval]") {
  const std::string svg = draw_with_gnuplot(gnuplot_script(two_rows(), figure_path()));
  if (svg.empty()) {
    WARN("skipped: gnuplot is not installed");
    return;
  }
  CHECK(svg.find("least_queue") != std::string::npos);
  CHECK(svg.find("</svg>") != std::string::npos);
}
