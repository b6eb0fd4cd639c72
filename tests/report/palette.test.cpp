// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>

#include <muster/report/palette.hpp>

#include "support/catch.hpp"

using namespace muster::report;  // NOLINT: all of it is under test

namespace {

// Relative luminance and contrast ratio as the web accessibility guidelines define them.
double luminance(std::uint32_t rgb) {
  const auto channel = [](std::uint32_t c) {
    const double s = static_cast<double>(c & 255U) / 255.0;
    return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * channel(rgb >> 16) + 0.7152 * channel(rgb >> 8) + 0.0722 * channel(rgb);
}
double contrast(std::uint32_t a, std::uint32_t b) {
  const double x = luminance(a) + 0.05;
  const double y = luminance(b) + 0.05;
  return x > y ? x / y : y / x;
}

}  // namespace

TEST_CASE("every series colour stands out from its page, light and dark", "[report][palette]") {
  for (const shade& s : series_shades) {
    INFO(s.name);
    CHECK(contrast(s.light, page.light) >= 3.0);
    CHECK(contrast(s.dark, page.dark) >= 3.0);
  }
  CHECK(contrast(ink.light, page.light) >= 7.0);
  CHECK(contrast(ink.dark, page.dark) >= 7.0);
}

TEST_CASE("no two light colours are the same, so a colour names one variable",
          "[report][palette]") {
  for (std::size_t i = 0; i < series_shades.size(); ++i) {
    for (std::size_t j = i + 1; j < series_shades.size(); ++j) {
      CHECK(series_shades[i].light != series_shades[j].light);
    }
    CHECK(series_shades[i].light != ink.light);
    CHECK(series_shades[i].light != rule.light);
    CHECK(series_shades[i].light != page.light);
  }
}

TEST_CASE("the sequential scale only gets darker and stays in range", "[report][palette]") {
  double before = luminance(sequential(0.0));
  for (int i = 1; i <= 100; ++i) {
    const double here = luminance(sequential(i / 100.0));
    CHECK(here <= before);
    before = here;
  }
  CHECK(sequential(-1.0) == sequential(0.0));
  CHECK(sequential(2.0) == sequential(1.0));
  CHECK(hex(sequential(0.0)) == "#edf4f7");
  CHECK(hex(sequential(1.0)) == "#083056");
}

TEST_CASE("the style sheet has both readings of each colour", "[report][palette]") {
  const std::string css = palette_css();
  CHECK(css.find("--s0:#0072b2;") != std::string::npos);
  CHECK(css.find("--s0:#4faee8;") != std::string::npos);
  CHECK(css.find("prefers-color-scheme:dark") != std::string::npos);
}
