// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include <muster/report/timeline_figure.hpp>

#include "support/catch.hpp"
#include "support/contract.hpp"
#include "support/gnuplot_run.hpp"

using muster::report::timeline_bar, muster::report::timeline_figure;

namespace {

constexpr double gap = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Two machines of 4 and 6 vCPUs: the gap is a fifth of their mean, 1 lane.
timeline_figure two_machines() {
  timeline_figure f;
  f.x_label = "time (slots)";
  f.until = 10.0;
  f.rows = {{"vm_1", 4}, {"vm_2", 6}};
  f.bars = {{0, 0, 4, 1.0, 3.0, 0}, {1, 2, 3, 2.5, 7.0, 0}, {1, 5, 1, 0.0, 4.0, 5}};
  f.styles = {{"own task", 0, 0.6}, {"foreign task", 5, 0.2}};
  return f;
}

timeline_figure with_bar(const timeline_bar& bar) {
  timeline_figure f = two_machines();
  f.bars = {bar};
  return f;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

bool refuses(const char* part, const timeline_figure& figure) {
  return support::breaks(part, [&] { static_cast<void>(gnuplot_script(figure, "o")); });
}

}  // namespace

TEST_CASE("machines run from the top, bars lie on their lanes", "[report][timeline]") {
  const std::string text = gnuplot_script(two_machines(), "out.svg");
  // Lanes are counted downwards: 0 to 4, the gap, 5 to 11. Columns: x y x-from x-until y y.
  CHECK(has(text, "set xrange [0:10]\nset yrange [11:0]\n"));
  CHECK(has(text, "(\"vm_1\" 2, \"vm_2\" 8)"));
  CHECK(has(text, "$rows << EOD\n0 0 0 10 0 4\n0 5 0 10 5 11\nEOD\n"));
  CHECK(has(text, "$s0 << EOD\n1 0 1 3 0 4\n2.5 7 2.5 7 7 10\nEOD\n"));
  CHECK(has(text, "$s1 << EOD\n0 10 0 4 10 11\nEOD\n"));
  CHECK(has(text,
            "$s1 using 1:2:3:4:5:6 with boxxyerror fc rgb \"#6e6a75\" "
            "fs transparent solid 0.2 border rgb \"#6e6a75\" lw 0.5 notitle"));
}

TEST_CASE("the key of a timeline lists styles with names, in their order", "[report][timeline]") {
  timeline_figure f = two_machines();
  const std::string text = gnuplot_script(f, "o");
  CHECK(has(text, "title \"own task\", keyentry"));
  CHECK(has(text, "title \"foreign task\"\n"));
  f.styles[0].name.clear();
  CHECK_FALSE(has(gnuplot_script(f, "o"), "own task"));
  CHECK(has(gnuplot_script(f, "o"), "title \"foreign task\""));
  f.styles.clear();  // the bars are drawn all the same
  CHECK(has(gnuplot_script(f, "o"), "unset key\n"));
  CHECK(has(gnuplot_script(f, "o"), "$s1 << EOD\n0 10 0 4 10 11\nEOD\n"));
  CHECK(has(gnuplot_script(f, "o"), "fs transparent solid 0.5 border rgb \"#6e6a75\""));
}

TEST_CASE("timeline bars are cut to the time shown", "[report][timeline]") {
  timeline_figure f = two_machines();
  f.from = 2.0;
  f.until = 5.0;
  f.bars.push_back({0, 0, 1, -infinity, 2.0, 0});       // gone when the picture starts
  f.bars.push_back({0, 0, 1, 5.0, 9.0, 0});             // starts when it ends
  f.bars.push_back({0, 0, 1, 3.0, 3.0, 0});             // takes no time
  f.bars.push_back({0, 1, 1, gap, 4.0, 0});             // nobody knows when
  f.bars.push_back({0, 1, 1, 3.0, gap, 0});             // nobody knows when
  f.bars.push_back({0, 2, 2, -infinity, infinity, 0});  // always
  const std::string text = gnuplot_script(f, "o");
  CHECK(has(text, "$rows << EOD\n2 0 2 5 0 4\n2 5 2 5 5 11\nEOD\n"));
  CHECK(has(text, "$s0 << EOD\n2 0 2 3 0 4\n2.5 7 2.5 5 7 10\n2 2 2 5 2 4\nEOD\n"));
  CHECK(has(text, "$s1 << EOD\n2 10 2 4 10 11\nEOD\n"));
}

TEST_CASE("late times of a timeline keep their digits", "[report][timeline]") {
  timeline_figure f = with_bar({0, 0, 1, 1234567.0, 1234568.0, 0});
  f.from = 1234560.0;
  f.until = 1234570.0;
  CHECK(has(gnuplot_script(f, "o"), "$s0 << EOD\n1234567 0 1234567 1234568 0 1\nEOD\n"));
}

TEST_CASE("timeline_figure says what is wrong with it", "[report][timeline]") {
  timeline_figure f = two_machines();
  f.rows.clear();
  CHECK(refuses("add at least one", f));
  f = two_machines();
  f.rows[1].lanes = 0;
  CHECK(refuses("give lanes >= 1", f));
  f = two_machines();
  f.until = f.from;
  CHECK(refuses("give finite from < until", f));
  f.until = infinity;
  CHECK(refuses("give finite from < until", f));
  f = two_machines();
  f.styles[0].fill = 1.5;
  CHECK(refuses("write 0 <= fill <= 1", f));
  CHECK(refuses("counted from 0", with_bar({2, 0, 1, 0.0, 1.0, 0})));
  CHECK(refuses("leaves its row", with_bar({0, 0, 0, 0.0, 1.0, 0})));
  CHECK(refuses("leaves its row", with_bar({0, 4, 1, 0.0, 1.0, 0})));
  CHECK(refuses("leaves its row", with_bar({0, 2, 3, 0.0, 1.0, 0})));
  CHECK(refuses("swap from and until", with_bar({0, 0, 1, 2.0, 1.0, 0})));
  CHECK_FALSE(refuses("muster", with_bar({0, 3, 1, 1.0, 1.0, 0})));
}

TEST_CASE("gnuplot draws timeline_figure without a word", "[report][timeline]") {
  timeline_figure idle = two_machines();
  idle.bars.clear();
  timeline_figure plain = two_machines();
  plain.styles.clear();
  timeline_figure many = two_machines();
  for (std::size_t i = 0; i < 3000; ++i) {
    const double start = static_cast<double>(i) / 300.0;
    many.bars.push_back({1, static_cast<std::uint32_t>(i % 6), 1, start, start + 0.02, -1});
  }
  for (const timeline_figure& figure : {two_machines(), idle, plain, many}) {
    const std::string svg = draw_with_gnuplot(gnuplot_script(figure, figure_path()));
    if (svg.empty()) {
      WARN("skipped: gnuplot is not installed");
      return;
    }
    INFO(svg.substr(0, 300));
    CHECK(has(svg, "vm_2"));
    CHECK(has(svg, "own task") == !figure.styles.empty());
    CHECK_FALSE(has(svg, "<image"));
    CHECK(has(svg, "</svg>"));
  }
}
