// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <muster/report/box_figure.hpp>

#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/gnuplot_run.hpp"

using muster::report::box_figure, muster::report::box_numbers, muster::report::box_of;

namespace {

constexpr double gap = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

box_figure two_boxes() {
  box_figure f;
  f.x_label = "response time (s)";
  f.rows.push_back({"ma_fl", {20, 3, 1, 2, 9, 4, 8, 5, 7, 6}, 0});
  f.rows.push_back({"first_fit", {2, 4, 3, 5, 6}, -1});
  return f;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the five numbers of a box, by hand", "[report][box]") {
  // h = 0.25 * 9 = 2.25, 4.5 and 6.75; 1.5 (7.75 - 3.25) = 6.75, so the bounds are -3.5 and 14.5.
  const box_numbers box = box_of(two_boxes().rows[0].values);
  CHECK(box.count == 10);
  CHECK(box.whisker_low == 1.0);
  CHECK(box.quartile_low == 3.25);
  CHECK(box.median == 5.5);
  CHECK(box.quartile_high == 7.75);
  CHECK(box.whisker_high == 9.0);
  CHECK(box.beyond == std::vector<double>{20.0});
}

TEST_CASE("a value on the bound belongs to the whisker of a box", "[report][box]") {
  // Quartiles 2 and 4, so the bounds are -1 and 7.
  const box_numbers on = box_of(std::vector<double>{-1, 2, 3, 4, 7});
  CHECK(on.whisker_low == -1.0);
  CHECK(on.whisker_high == 7.0);
  CHECK(on.beyond.empty());
  const box_numbers past = box_of(std::vector<double>{7.5, 2, 3, 4, -1.5});
  CHECK(past.whisker_low == 2.0);
  CHECK(past.whisker_high == 4.0);
  CHECK(past.beyond == std::vector<double>{-1.5, 7.5});
}

TEST_CASE("a whisker does not point into its box", "[report][box]") {
  // Q1 = 75 lies between 0, which is beyond, and 100, which is inside the box.
  const box_numbers box = box_of(std::vector<double>{100, 0, 100, 100});
  CHECK(box.quartile_low == 75.0);
  CHECK(box.whisker_low == 75.0);
  CHECK(box.whisker_high == 100.0);
  CHECK(box.beyond == std::vector<double>{0.0});
}

TEST_CASE("boxes of one value and of equal values have no width", "[report][box]") {
  for (const auto& values : {std::vector<double>{4.25}, std::vector<double>(7, 4.25)}) {
    const box_numbers box = box_of(values);
    CHECK(box.count == values.size());
    CHECK(box.whisker_low == 4.25);
    CHECK(box.quartile_low == 4.25);
    CHECK(box.median == 4.25);
    CHECK(box.quartile_high == 4.25);
    CHECK(box.whisker_high == 4.25);
    CHECK(box.beyond.empty());
  }
}

TEST_CASE("a box leaves out what is not finite", "[report][box]") {
  const box_numbers box = box_of(std::vector<double>{gap, 3, infinity, 1, -infinity, 2});
  CHECK(box.count == 3);
  CHECK(box.whisker_low == 1.0);
  CHECK(box.median == 2.0);
  CHECK(box.whisker_high == 3.0);
  CHECK(box.beyond.empty());
  CHECK(box_of({}).count == 0);
  CHECK(std::isnan(box_of({}).median));
  CHECK(std::isnan(box_of(std::vector<double>{gap}).whisker_low));
}

TEST_CASE("box rows run from the top, with boxes, whiskers and rings", "[report][box]") {
  box_figure f = two_boxes();
  f.show_values = false;
  const std::string text = gnuplot_script(f, "out.svg");
  CHECK(has(text, "set ytics (\"ma_fl\" 2, \"first_fit\" 1)"));
  CHECK(has(text, "$b0 << EOD\n5.5 2 3.25 7.75 1.75 2.25\nEOD\n"));
  CHECK(has(text, "\n1 2\n3.25 2\n"));  // from the end of the lower whisker to the box
  CHECK(has(text, "\n9 2\n7.75 2\n"));
  CHECK(has(text, "$m0 << EOD\n5.5 1.75\n5.5 2.25\nEOD\n"));
  CHECK(has(text, "$o0 << EOD\n20 2\nEOD\n"));
  CHECK(has(text, "$b1 << EOD\n4 1 3 5 0.75 1.25\nEOD\n"));
  CHECK_FALSE(has(text, "$o1"));
  CHECK_FALSE(has(text, "$v0"));
  CHECK(has(text, "with boxxyerror fc rgb \"#1b1f24\""));
}

TEST_CASE("every value of a box is a faint point below it, if wanted", "[report][box]") {
  box_figure f = two_boxes();
  f.rows[1].values.push_back(gap);
  const std::string text = gnuplot_script(f, "out.svg");
  CHECK(has(text, "$b1 << EOD\n4 1.08 3 5 0.83 1.33\nEOD\n"));
  CHECK(has(text, "$v1 << EOD\n2 0.7\n4 0.7\n3 0.7\n5 0.7\n6 0.7\nEOD\n"));
  CHECK(has(text, "lc rgb \"#800072b2\" notitle"));
}

TEST_CASE("a box row without a finite value keeps its place", "[report][box]") {
  box_figure f = two_boxes();
  f.rows[0].values = {gap, infinity};
  const std::string text = gnuplot_script(f, "out.svg");
  CHECK(has(text, "(\"ma_fl\" 2.08, \"first_fit\" 1.08)"));
  CHECK_FALSE(has(text, "$b0"));
  CHECK(has(text, "$b1"));
}

TEST_CASE("the axis of boxes near 0 begins there", "[report][box]") {
  box_figure f = two_boxes();  // 1 to 20
  CHECK(has(gnuplot_script(f, "out.svg"), "set xrange [0:*]\n"));
  f.rows[1].values.push_back(-1.0);
  CHECK_FALSE(has(gnuplot_script(f, "out.svg"), "set xrange"));
  for (auto& row : f.rows) {
    for (double& v : row.values) v += 100.0;
  }
  CHECK_FALSE(has(gnuplot_script(f, "out.svg"), "set xrange"));
}

TEST_CASE("box_figure wants a row", "[report][box]") {
  CHECK(support::breaks("add at least one",
                        [] { static_cast<void>(gnuplot_script(box_figure{}, "o")); }));
}

TEST_CASE("a logarithmic box figure wants values above 0", "[report][box]") {
  box_figure f;
  f.rows = {{"a", {1.0, 1e6}, 0}};
  CHECK(gnuplot_script(f, "x.svg").find("logscale") == std::string::npos);
  f.log_x = true;
  CHECK(gnuplot_script(f, "x.svg").find("set logscale x\n") != std::string::npos);
  f.rows[0].values[0] = 0.0;
  CHECK(support::breaks("log_x = false", [&] { (void)gnuplot_script(f, "x.svg"); }));
}

TEST_CASE("gnuplot draws box_figure without a word", "[report][box]") {
  std::vector<box_figure> figures(5, two_boxes());
  figures[1].show_values = false;
  figures[2].rows = {{"one value", {4.25}, 0}, {"none", {}, 1}};
  figures[3].rows = {{"zeros", {0, 0, 0}, 0}};
  figures[4].rows = {{"nothing finite", {gap}, 0}};
  for (const box_figure& figure : figures) {
    const std::string svg = draw_with_gnuplot(gnuplot_script(figure, figure_path()));
    if (svg.empty()) {
      WARN("skipped: gnuplot is not installed");
      return;
    }
    INFO(svg.substr(0, 300));
    CHECK(has(svg, figure.rows[0].name.c_str()));
    CHECK(has(svg, "</svg>"));
  }
}
