// SPDX-License-Identifier: Apache-2.0
#include "summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <span>

#include <fmt/format.h>
#include <muster/core/rng.hpp>
#include <muster/stats/bootstrap.hpp>
#include <muster/stats/holm.hpp>
#include <muster/stats/paired.hpp>
#include <muster/stats/summary.hpp>

#include "registry.hpp"

namespace cli {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();
// Intervals are drawn from a stream of their own: they repeat whatever else was drawn.
constexpr std::uint64_t bootstrap_seed = 20180;
// Where the best rule loses less than this to the bound, schedulers can hardly be told apart.
constexpr double telling_gap = 0.03;

// The metrics that comparisons are made in; each is a family of its own for Holm's correction.
constexpr const char* compared_metrics[] = {"throughput", "e2e_ms_mean", "e2e_ms_p99",
                                            "energy_j_per_request"};

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

estimate estimate_of(std::vector<double> values) {
  estimate e;
  e.values = std::move(values);
  if (e.values.empty() || !all_finite(e.values)) {
    e.mean = missing;
    e.interval = {missing, missing};
    return e;
  }
  muster::rng random{bootstrap_seed};
  const auto mean = [](std::span<const double> x) { return muster::stats::mean(x); };
  e.mean = mean(e.values);
  e.interval = muster::stats::bootstrap_interval(e.values, mean, random, {2000});
  return e;
}

std::vector<std::string> compared(const summary& s) {
  std::vector<std::string> who;
  for (const pipeline_summary& p : s.pipelines) {
    if (find_pipeline(p.name)->what == kind::learned) who.push_back(p.name);
  }
  if (who.empty() && !s.pipelines.empty()) who.push_back(s.pipelines.front().name);
  return who;
}

void compare(summary& s) {
  for (const char* metric : compared_metrics) {
    std::vector<comparison> family;
    for (const std::string& a : compared(s)) {
      for (const pipeline_summary& other : s.pipelines) {
        const std::string& b = other.name;
        if (a == b) continue;
        // Two learners are compared once, not twice.
        if (std::any_of(family.begin(), family.end(),
                        [&](const comparison& c) { return c.a == b && c.b == a; })) {
          continue;
        }
        const estimate* x = nullptr;
        for (const pipeline_summary& p : s.pipelines) {
          if (p.name == a) x = p.find(metric);
        }
        const estimate* y = other.find(metric);
        if (x == nullptr || y == nullptr || x->values.size() != y->values.size() ||
            !all_finite(x->values) || !all_finite(y->values)) {
          continue;
        }
        muster::rng random{bootstrap_seed};
        const auto c = muster::stats::compare_paired(x->values, y->values, random);
        family.push_back({metric, a, b, c.mean_difference, c.confidence, 1.0, c.p_value, c.count});
      }
    }
    // The distance to the bound is no hypothesis: its sign is known, so it is not counted in.
    const auto is_bound = [](const comparison& c) {
      return find_pipeline(c.a)->what == kind::bound || find_pipeline(c.b)->what == kind::bound;
    };
    std::vector<double> p;
    for (const comparison& c : family) {
      if (!is_bound(c)) p.push_back(c.p_raw);
    }
    const std::vector<double> corrected = muster::stats::holm(p);
    std::size_t next = 0;
    for (comparison& c : family) {
      c.p = is_bound(c) ? c.p_raw : corrected[next++];
      s.comparisons.push_back(c);
    }
  }
}

std::string percent(double part) { return fmt::format("{:.1f} %", part * 100.0); }

std::string p_text(double p) { return p < 0.001 ? "p < 0.001" : fmt::format("p = {:.3f}", p); }

}  // namespace

const estimate* pipeline_summary::find(std::string_view metric) const noexcept {
  for (const auto& [label, value] : metrics) {
    if (label == metric) return &value;
  }
  return nullptr;
}

double pipeline_summary::mean(std::string_view metric) const noexcept {
  const estimate* e = find(metric);
  return e == nullptr ? missing : e->mean;
}

void summarise(summary& s) {
  s.pipelines.clear();
  s.comparisons.clear();
  for (const std::string& name : s.spec.pipelines) {
    pipeline_summary p;
    p.name = name;
    std::vector<std::pair<std::string, std::vector<double>>> columns;
    const auto add = [&](const named_value& v) {
      for (auto& [column, values] : columns) {
        if (column == v.name) {
          values.push_back(v.value);
          return;
        }
      }
      columns.emplace_back(v.name, std::vector<double>{v.value});
    };
    for (const run_record& r : s.runs) {
      if (r.pipeline != name) continue;
      for (const named_value& v : r.metrics) add(v);
      for (const named_value& v : r.timings) add(v);
    }
    for (auto& [column, values] : columns) {
      p.metrics.emplace_back(column, estimate_of(std::move(values)));
    }
    if (!p.metrics.empty()) s.pipelines.push_back(std::move(p));
  }
  compare(s);
}

std::vector<std::string> verdict(const summary& s) {
  std::vector<std::string> lines;
  if (!s.map.empty()) {
    std::size_t apart = 0;
    const map_cell* widest = &s.map.front();
    const auto gap = [](const map_cell& c) { return 1.0 - c.best / c.bound; };
    for (const map_cell& c : s.map) {
      if (gap(c) >= telling_gap) ++apart;
      if (gap(c) > gap(*widest)) widest = &c;
    }
    lines.push_back(
        fmt::format("The best rule loses at least {:g} % to the bound in {} of {} loads, most at "
                    "{:g} requests/s "
                    "with deadlines x{:g}: {} by {}.",
                    telling_gap * 100.0, apart, s.map.size(), widest->rate, widest->deadline_scale,
                    percent(gap(*widest)), widest->best_rule));
    return lines;
  }
  const pipeline_summary* best_rule = nullptr;
  const pipeline_summary* bound = nullptr;
  const pipeline_summary* best_learned = nullptr;
  for (const pipeline_summary& p : s.pipelines) {
    const auto better = [&](const pipeline_summary* than) {
      return than == nullptr || p.mean("throughput") > than->mean("throughput");
    };
    switch (find_pipeline(p.name)->what) {
      case kind::learned:
        if (better(best_learned)) best_learned = &p;
        break;
      case kind::rule:
        if (better(best_rule)) best_rule = &p;
        break;
      case kind::bound:
        bound = &p;
        break;
    }
  }
  if (best_learned != nullptr && best_rule != nullptr) {
    for (const comparison& c : s.comparisons) {
      if (c.metric != "throughput" || c.a != best_learned->name || c.b != best_rule->name) continue;
      const double points = c.mean_difference * 100.0;
      const bool sure = c.p < 0.05;
      std::string how;
      if (points == 0.0) {
        how = fmt::format("exactly as many as {}, the best rule", best_rule->name);
      } else {
        how = fmt::format("{:.2f} percentage points {} than {}, the best rule ({}, {}{})",
                          std::fabs(points), points > 0 ? "more" : "fewer", best_rule->name,
                          percent(best_rule->mean("throughput")), p_text(c.p),
                          sure ? "" : ", which may be chance");
      }
      lines.push_back(fmt::format("{} answers {} of the requests on time: {}.", best_learned->name,
                                  percent(best_learned->mean("throughput")), how));
      // With n pairs the smallest two-sided p is 2 / 2^n, before Holm multiplies it.
      const double family = static_cast<double>(
          std::count_if(s.comparisons.begin(), s.comparisons.end(), [](const comparison& other) {
            return other.metric == "throughput" && find_pipeline(other.b)->what != kind::bound;
          }));
      const auto reach = [&](std::size_t pairs) {
        return family * std::ldexp(2.0, -static_cast<int>(pairs));
      };
      if (reach(c.pairs) >= 0.05) {
        std::size_t needed = c.pairs;
        while (reach(needed) >= 0.05) ++needed;
        lines.push_back(fmt::format(
            "With {} {} and {} comparisons no difference can reach p < 0.05; run {} or more seeds "
            "to decide.",
            c.pairs, c.pairs == 1 ? "seed" : "seeds", family, needed));
      }
    }
  } else if (best_rule != nullptr) {
    lines.push_back(fmt::format("{} answers most requests on time among the rules: {}.",
                                best_rule->name, percent(best_rule->mean("throughput"))));
  } else if (best_learned != nullptr) {
    lines.push_back(fmt::format("{} answers {} of the requests on time.", best_learned->name,
                                percent(best_learned->mean("throughput"))));
  }
  if (bound != nullptr) {
    const double limit = bound->mean("throughput");
    const double infeasible = bound->mean("infeasible") / bound->mean("arrived");
    std::string text = fmt::format("No scheduler can answer more than {} on time", percent(limit));
    if (infeasible > 0.0) {
      text += fmt::format("; {} of the requests have a deadline that nobody can meet",
                          percent(infeasible));
    }
    lines.push_back(text + ".");
    const pipeline_summary* best = best_learned;
    if (best == nullptr ||
        (best_rule != nullptr && best_rule->mean("throughput") > best->mean("throughput"))) {
      best = best_rule;
    }
    if (best != nullptr) {
      lines.push_back(fmt::format("{} reaches {} of that bound{}.", best->name,
                                  percent(best->mean("throughput") / limit),
                                  best_rule != nullptr && best != best_rule
                                      ? fmt::format(", {} reaches {}", best_rule->name,
                                                    percent(best_rule->mean("throughput") / limit))
                                      : ""));
    }
    if (best_rule != nullptr && best_rule->mean("throughput") > (1.0 - telling_gap) * limit) {
      lines.push_back(
          "The best rule is within 3 % of the bound, so this load hardly tells schedulers apart: "
          "try a higher --rate or a smaller --deadline-scale (muster map shows where).");
    }
  }
  return lines;
}

std::string text_table(const summary& s) {
  std::string out = fmt::format("{:<22} {:>9} {:>17} {:>8} {:>9} {:>9} {:>9} {:>8} {:>9}\n",
                                "pipeline", "on time %", "95 % interval", "gap %", "e2e ms",
                                "p95 ms", "p99 ms", "J/req", "decide ns");
  double bound = missing;
  for (const pipeline_summary& p : s.pipelines) {
    if (find_pipeline(p.name)->what == kind::bound) bound = p.mean("throughput");
  }
  std::vector<const pipeline_summary*> order;
  for (const pipeline_summary& p : s.pipelines) order.push_back(&p);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return a->mean("throughput") > b->mean("throughput");
  });
  const auto cell = [](double value, int digits) {
    return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : std::string{"-"};
  };
  for (const pipeline_summary* p : order) {
    const estimate* t = p->find("throughput");
    out += fmt::format(
        "{:<22} {:>9} {:>17} {:>8} {:>9} {:>9} {:>9} {:>8} {:>9}\n", p->name,
        cell(t->mean * 100.0, 2),
        t->values.size() < 2
            ? std::string{"-"}
            : fmt::format("[{:.2f}, {:.2f}]", t->interval.low * 100.0, t->interval.high * 100.0),
        cell((1.0 - t->mean / bound) * 100.0, 2), cell(p->mean("e2e_ms_mean"), 1),
        cell(p->mean("e2e_ms_p95"), 1), cell(p->mean("e2e_ms_p99"), 1),
        cell(p->mean("energy_j_per_request"), 2), cell(p->mean("decision_ns_p50"), 0));
  }
  return out;
}

}  // namespace cli
