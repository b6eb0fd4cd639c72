// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <muster/report/inline_svg.hpp>

#include "support/catch.hpp"

using muster::report::inline_svg;

TEST_CASE("colours of the palette become variables, others stay", "[report][inline_svg]") {
  CHECK(inline_svg("<?xml?><svg><path stroke='rgb(  0, 114, 178)' fill='rgb(1,2,3)'/></svg>", "f",
                   "x") ==
        "<svg role=\"img\" aria-label=\"x\"><path stroke='var(--s0,#0072b2)' "
        "fill='#010203'/></svg>");
}

TEST_CASE("black, white and gray follow the page", "[report][inline_svg]") {
  const std::string svg =
      inline_svg("<svg><g fill=\"black\" color='white' stroke = 'gray'/></svg>", "f", "x");
  CHECK(svg.find("fill=\"var(--ink,#1b1f24)\"") != std::string::npos);
  CHECK(svg.find("color='var(--page,#fffffe)'") != std::string::npos);
  CHECK(svg.find("stroke = 'var(--rule,#d0d4da)'") != std::string::npos);
}

TEST_CASE("ids are prefixed with their references, empty titles go", "[report][inline_svg]") {
  CHECK(inline_svg("<svg><title>plot_1</title><circle id='gpDot'/><use xlink:href='#gpDot'/></svg>",
                   "fig2", "a < \"b\" & c") ==
        "<svg role=\"img\" aria-label=\"a &lt; &quot;b&quot; &amp; c\"><circle id='fig2gpDot'/>"
        "<use href='#fig2gpDot'/></svg>");
}

TEST_CASE("broken colours and what is no SVG are left alone", "[report][inline_svg]") {
  CHECK(inline_svg("no picture", "f", "x").empty());
  CHECK(inline_svg("<svg>rgb(1,2) rgb(300,1,1) rgb(</svg>", "f", "x") ==
        "<svg role=\"img\" aria-label=\"x\">rgb(1,2) rgb(300,1,1) rgb(</svg>");
}
