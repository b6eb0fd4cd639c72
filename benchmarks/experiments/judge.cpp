// SPDX-License-Identifier: Apache-2.0
#include "experiments/judge.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <muster/core/rng.hpp>
#include <muster/stats/holm.hpp>
#include <muster/stats/paired.hpp>
#include <muster/stats/summary.hpp>

namespace experiments {
namespace {

// Intervals are drawn from a stream of their own: they repeat whatever else was drawn.
constexpr std::uint64_t bootstrap_seed = 20250;

bool has_direction(const judged_claim& c) {
  switch (c.what->what) {
    case claim::kind::above:
      return c.difference > 0.0;
    case claim::kind::below:
      return c.difference < 0.0;
    case claim::kind::at_least:
      return c.b >= c.what->factor * c.a;
    case claim::kind::alike:
      return std::fabs(c.difference) <= c.what->margin * std::fabs(c.b);
  }
  return false;
}

// Two are alike if their difference could not well be larger than the margin.
bool within_margin(const judged_claim& c) {
  const double margin = c.what->margin * std::fabs(c.b);
  return c.interval.low >= -margin && c.interval.high <= margin;
}

std::string number(double x) {
  const double size = std::fabs(x);
  return fmt::format("{:+.{}f}", x, size >= 100.0 ? 0 : size >= 10.0 ? 1 : size >= 0.1 ? 2 : 4);
}

}  // namespace

const char* word_for(finding f) noexcept {
  switch (f) {
    case finding::held:
      return "held";
    case finding::undecided:
      return "direction held";
    case finding::refuted:
      return "not held";
    case finding::unmeasured:
      return "not measured";
  }
  return "";
}

std::string gap_text(const judged_claim& c) {
  if (c.result == finding::unmeasured) return "no number";
  const bool share = c.what->unit == "points";
  std::string text = number(c.difference * (share ? 100.0 : 1.0));
  if (!c.what->unit.empty()) text += ' ' + c.what->unit;
  if (c.b != 0.0) text += fmt::format(" ({:+.1f} %)", c.relative * 100.0);
  if (c.what->what == claim::kind::at_least && c.a > 0.0) {
    text += fmt::format(", factor {:.2f}", c.b / c.a);
  }
  return text;
}

std::string p_text(const judged_claim& c) {
  if (!c.tested) return "no test";
  return c.p < 0.001 ? "p < 0.001" : fmt::format("p = {:.3f}", c.p);
}

verdict judge(const experiment& e, const results& r) {
  verdict v;
  std::vector<double> raw;
  for (const claim& c : e.claims) {
    judged_claim j;
    j.what = &c;
    std::vector<double> a, b;
    for (std::size_t seed = 0; seed < r.seeds().size(); ++seed) {
      a.push_back(c.a(r, seed));
      b.push_back(c.b(r, seed));
    }
    const auto known = [](double x) { return std::isfinite(x); };
    if (!a.empty() && std::all_of(a.begin(), a.end(), known) &&
        std::all_of(b.begin(), b.end(), known)) {
      muster::rng random{bootstrap_seed};
      const auto compared = muster::stats::compare_paired(a, b, random);
      j.a = muster::stats::mean(a);
      j.b = muster::stats::mean(b);
      j.difference = compared.mean_difference;
      j.interval = compared.confidence;
      j.relative = j.b != 0.0 ? j.difference / std::fabs(j.b) : 0.0;
      j.pairs = compared.count;
      j.result = has_direction(j) ? finding::undecided : finding::refuted;
      // That two are alike is not what a test of difference can show: the interval decides.
      j.tested = c.what != claim::kind::alike;
      if (j.tested) raw.push_back(compared.p_value);
    }
    v.claims.push_back(j);
  }
  const std::vector<double> corrected = muster::stats::holm(raw);
  std::size_t next = 0, held = 0, direction = 0, measured = 0;
  for (judged_claim& j : v.claims) {
    if (j.result == finding::unmeasured) continue;
    ++measured;
    if (j.tested) j.p = corrected[next++];
    if (j.result == finding::undecided && (j.tested ? j.p < 0.05 : within_margin(j))) {
      j.result = finding::held;
    }
    held += j.result == finding::held ? 1 : 0;
    direction += j.result != finding::refuted ? 1 : 0;
  }
  if (measured == 0) {
    v.state = "not measured";
  } else if (held == measured) {
    v.state = "held";
  } else if (direction == measured) {
    v.state = "direction held, not beyond chance";
    if (held > 0) v.state = fmt::format("direction held, {} of {} beyond chance", held, measured);
  } else if (direction > 0) {
    v.state = fmt::format("partly held ({} of {})", direction, measured);
    if (held == 0) {
      v.state = fmt::format("direction held in {} of {}, none beyond chance", direction, measured);
    }
  } else {
    v.state = "not held";
  }
  v.line = fmt::format("{}: {}", e.name, v.state);
  if (!v.claims.empty()) {
    const judged_claim& j = v.claims.front();
    v.line += fmt::format("; {}: {}, {}, n = {}; paper: {}", j.what->text, gap_text(j), p_text(j),
                          r.seeds().size(), j.what->paper);
  }
  return v;
}

}  // namespace experiments
