// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <string>

#include <muster/report/heat_figure.hpp>

#include "support/catch.hpp"
#include "support/gnuplot_run.hpp"

using muster::report::heat_figure;

namespace {

heat_figure small() {
  heat_figure f;
  f.x_label = "rate (requests/s)";
  f.y_label = "deadline scale";
  f.columns = {"100", "300", "600"};
  f.rows = {"0.5", "1"};
  f.values = {0.0, 0.5, 1.0, 0.1, 0.2, std::numeric_limits<double>::quiet_NaN()};
  f.texts = {"0", "50", "100", "10", "20", ""};
  return f;
}

}  // namespace

TEST_CASE("cells are coloured from the scale and say their value", "[report][heat]") {
  const std::string text = gnuplot_script(small(), "out.svg");
  // Row 0 is on top, so its cells have the larger y.
  CHECK(text.find("from -0.475,0.54 to 0.475,1.46 fc rgb \"#edf4f7\"") != std::string::npos);
  CHECK(text.find("from 1.525,0.54 to 2.475,1.46 fc rgb \"#083056\"") != std::string::npos);
  CHECK(text.find("set label \"100\" at 2,1 center front textcolor rgb \"#ffffff\"") !=
        std::string::npos);
  CHECK(text.find("set label \"10\" at 0,0 center front textcolor rgb \"#10161c\"") !=
        std::string::npos);
  CHECK(text.find("from 1.525,-0.46") == std::string::npos);  // no value, no cell
}

TEST_CASE("gnuplot draws heat_figure without a word", "[report][heat]") {
  const std::string svg = draw_with_gnuplot(gnuplot_script(small(), figure_path()));
  if (svg.empty()) {
    WARN("skipped: gnuplot is not installed");
    return;
  }
  CHECK(svg.find("deadline scale") != std::string::npos);
  CHECK(svg.find("</svg>") != std::string::npos);
}
