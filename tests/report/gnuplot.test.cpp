// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <string>

#include <muster/report/gnuplot.hpp>

#include "support/catch.hpp"

using namespace muster::report;  // NOLINT: all of it is under test

TEST_CASE("text cannot end its own string", "[report][gnuplot]") {
  CHECK(gnuplot_text("a\"b\\c\nd") == "\"a\\\"b\\\\c d\"");
}

TEST_CASE("numbers that are not finite become gaps", "[report][gnuplot]") {
  std::string out;
  gnuplot_number(out, 0.5);
  gnuplot_number(out, std::numeric_limits<double>::infinity());
  gnuplot_number(out, std::numeric_limits<double>::quiet_NaN());
  CHECK(out == "0.5 NaN NaN ");
}

TEST_CASE("styles take the palette in turn, negative is the colour of text", "[report][gnuplot]") {
  CHECK(gnuplot_colour(0) == "\"#0072b2\"");
  CHECK(gnuplot_colour(8) == gnuplot_colour(0));
  CHECK(gnuplot_colour(-1) == "\"#1b1f24\"");
}

TEST_CASE("the preamble names its output and takes text as it is", "[report][gnuplot]") {
  const std::string text = gnuplot_preamble("a b.svg", 300, 200);
  CHECK(text.find("set output \"a b.svg\"") != std::string::npos);
  CHECK(text.find("noenhanced") != std::string::npos);
  CHECK(text.find("size 300,200") != std::string::npos);
  CHECK(gnuplot_axes("time (s)", "y").find("set xlabel \"time (s)\"") != std::string::npos);
}
