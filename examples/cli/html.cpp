// SPDX-License-Identifier: Apache-2.0
#include "html.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <muster/report/inline_svg.hpp>
#include <muster/report/palette.hpp>

#include "registry.hpp"

namespace cli {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

constexpr const char* style = R"css(
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:2rem 1.25rem 4rem;background:var(--page);color:var(--ink);
 font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
h1{font-size:1.35rem;margin:0 0 .2rem;font-weight:600}
h2{font-size:1.1rem;margin:2.6rem 0 .4rem;font-weight:600}
.sub,.caption,figcaption{color:color-mix(in srgb,var(--ink) 68%,var(--page));font-size:.9rem;margin:.1rem 0 .6rem}
.verdict{border-left:4px solid var(--s0);padding:.1rem 0 .1rem 1rem;margin:1.4rem 0}
.verdict p{margin:.35rem 0}.verdict p:first-child{font-size:1.2rem;line-height:1.4}
.note{border-left:4px solid var(--s4);padding:.3rem 0 .3rem 1rem;margin:1rem 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.32rem .5rem;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th{font-weight:600;vertical-align:bottom}th small,td small{font-weight:400;font-size:.8rem;
 color:color-mix(in srgb,var(--ink) 68%,var(--page))}
th:first-child,td:first-child,td.l,th.l{text-align:left}
td .dot{display:inline-block;width:.65rem;height:.65rem;border-radius:50%;margin-right:.45rem}
tr.learned td:first-child{font-weight:600}
tr.bound td{font-style:italic}
figure{margin:.3rem 0 0}figure svg{width:100%;min-width:40rem;max-width:64rem;height:auto;display:block}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;font-size:.9rem;margin:.5rem 0}
dt{color:color-mix(in srgb,var(--ink) 68%,var(--page))}dd{margin:0;overflow-wrap:anywhere}
code,pre{font:.86rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:.7rem .9rem;border:1px solid var(--rule);
 border-radius:6px;margin:.5rem 0}
a{color:var(--s0)}
@media print{body{max-width:none;padding:0}figure,tr{break-inside:avoid}}
)css";

std::string number(double value, int digits) {
  return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : std::string{"–"};
}

std::string p_text(double p) {
  if (!std::isfinite(p)) return "–";
  return p < 0.001 ? "&lt; 0.001" : fmt::format("{:.3f}", p);
}

std::string dot(const summary& s, const std::string& name) {
  const int n = style_of(s, name);
  const auto& shades = muster::report::series_shades;
  const std::string_view colour =
      n < 0 ? muster::report::ink.name : shades[static_cast<std::size_t>(n) % shades.size()].name;
  return fmt::format("<span class=\"dot\" style=\"background:var({})\"></span>", colour);
}

std::string result_table(const summary& s) {
  double bound = std::numeric_limits<double>::quiet_NaN();
  std::vector<const pipeline_summary*> order;
  for (const pipeline_summary& p : s.pipelines) {
    order.push_back(&p);
    if (find_pipeline(p.name)->what == kind::bound) bound = p.mean("throughput");
  }
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return a->mean("throughput") > b->mean("throughput");
  });
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th>pipeline</th>"
      "<th>on time %<br><small>95 % interval</small></th><th>below the<br>bound %</th>"
      "<th>latency ms<br><small>95 % interval</small></th><th>p95<br>ms</th><th>p99<br>ms</th>"
      "<th>busy<br>%</th><th>energy<br>J/request</th><th>sent to %<br><small>own / near / "
      "cloud</small></th>"
      "<th>decision ns<br><small>p50 / p99</small></th></tr></thead><tbody>\n";
  for (const pipeline_summary* p : order) {
    const kind what = find_pipeline(p->name)->what;
    const auto with_interval = [&](const char* metric, double factor, int digits) {
      const estimate* e = p->find(metric);
      if (e == nullptr || !std::isfinite(e->mean)) return std::string{"–"};
      std::string text = number(e->mean * factor, digits);
      if (e->values.size() > 1) {
        text += fmt::format("<br><small>{} to {}</small>", number(e->interval.low * factor, digits),
                            number(e->interval.high * factor, digits));
      }
      return text;
    };
    const double own = p->mean("share_own");
    out += fmt::format(
        "<tr class=\"{}\"><td>{}{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
        "<td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        what == kind::learned ? "learned" : (what == kind::bound ? "bound" : "rule"),
        dot(s, p->name), escaped(p->name), with_interval("throughput", 100.0, 2),
        number((1.0 - p->mean("throughput") / bound) * 100.0, 2),
        with_interval("e2e_ms_mean", 1.0, 1), number(p->mean("e2e_ms_p95"), 1),
        number(p->mean("e2e_ms_p99"), 1), number(p->mean("utilisation") * 100.0, 0),
        number(p->mean("energy_j_per_request"), 2),
        std::isfinite(own)
            ? fmt::format("{:.0f} / {:.0f} / {:.0f}", own * 100.0,
                          p->mean("share_neighbour") * 100.0, p->mean("share_cloud") * 100.0)
            : std::string{"–"},
        std::isfinite(p->mean("decision_ns_p50"))
            ? fmt::format("{:.0f} / {:.0f}", p->mean("decision_ns_p50"), p->mean("decision_ns_p99"))
            : std::string{"–"});
  }
  return out + "</tbody></table></div>\n";
}

// One row per pair, one column per metric: the difference, its interval, and p.
std::string comparison_table(const summary& s) {
  struct column {
    const char* metric;
    const char* title;
    double factor;
    int digits;
  };
  constexpr column columns[] = {{"throughput", "on time, points", 100.0, 2},
                                {"e2e_ms_mean", "mean latency, ms", 1.0, 1},
                                {"e2e_ms_p99", "p99 latency, ms", 1.0, 1},
                                {"energy_j_per_request", "energy, J/request", 1.0, 3}};
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const comparison& c : s.comparisons) {
    const std::pair pair{c.a, c.b};
    if (std::find(pairs.begin(), pairs.end(), pair) == pairs.end()) pairs.push_back(pair);
  }
  std::string out = "<div class=\"scroll\"><table><thead><tr><th>a</th><th class=\"l\">b</th>";
  for (const column& c : columns) {
    out += fmt::format("<th>{}<br><small>95 % interval of a − b</small></th><th>p</th>", c.title);
  }
  out += "</tr></thead><tbody>\n";
  for (const auto& pair : pairs) {
    const auto& a = pair.first;
    const auto& b = pair.second;
    out += fmt::format("<tr><td>{}</td><td class=\"l\">{}</td>", escaped(a), escaped(b));
    for (const column& c : columns) {
      const auto it =
          std::find_if(s.comparisons.begin(), s.comparisons.end(), [&](const comparison& row) {
            return row.metric == c.metric && row.a == a && row.b == b;
          });
      if (it == s.comparisons.end()) {
        out += "<td>–</td><td></td>";
        continue;
      }
      const auto difference = [&](double x) {
        return std::isfinite(x) ? fmt::format("{:+.{}f}", x * c.factor, c.digits)
                                : std::string{"–"};
      };
      out += fmt::format("<td>{}<br><small>{} to {}</small></td><td>{}</td>",
                         difference(it->mean_difference), difference(it->interval.low),
                         difference(it->interval.high), p_text(it->p));
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string what_was_run(const summary& s) {
  std::string traces;
  for (const auto& [path, hash] : s.spec.traces) {
    traces +=
        fmt::format("{}{} <small>({})</small>", traces.empty() ? "" : "<br>", escaped(path), hash);
  }
  if (traces.empty()) traces = "none: the embedded synthetic workload";
  const auto row = [](std::string_view name, const std::string& value) {
    return fmt::format("<dt>{}</dt><dd>{}</dd>", name, value);
  };
  std::string out = "<dl>";
  out += row("trace", traces);
  if (s.map.empty()) {
    out += row("load", fmt::format("{:g} requests/s over all access points, x{:g} in the surge",
                                   s.spec.rate, s.spec.surge));
    out +=
        row("deadlines", fmt::format("{:g} x the allowance in the trace", s.spec.deadline_scale));
  }
  out += row("episode", fmt::format("{} slots of 0.25 s", s.spec.slots));
  if (s.map.empty()) {
    out += row("training",
               s.spec.model.first.empty()
                   ? fmt::format("{} episodes on the first {:.0f} % of the rows of each trace",
                                 s.spec.episodes, s.spec.train_fraction * 100.0)
                   : fmt::format("none: model {} <small>({})</small>", escaped(s.spec.model.first),
                                 s.spec.model.second));
    out += row("test", fmt::format("on the other rows; every pipeline sees the same {} workloads",
                                   s.spec.seeds));
  } else {
    out += row("load", fmt::format("x{:g} in the surge", s.spec.surge));
    out += row("rows", "the training part of each trace, so that the test part stays unseen");
  }
  out += row("seeds", fmt::format("{} to {}", s.spec.seed, s.spec.seed + s.spec.seeds - 1));
  out += row("muster", escaped(s.spec.version));
  out += "</dl>";
  out += fmt::format("<pre>{}</pre>", escaped(s.command_line));
  for (const std::string& note : s.notes)
    out += fmt::format("<p class=\"caption\">{}</p>", escaped(note));
  return out;
}

}  // namespace

std::string report_html(const summary& s, const std::vector<figure>& figures,
                        const std::vector<std::string>& pictures, const std::string& problem) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
      "<title>muster report</title>\n<style>\n" +
      muster::report::palette_css() + style + "</style></head><body>\n";
  const bool is_map = !s.map.empty();
  std::string names;
  for (const pipeline_summary& p : s.pipelines) {
    if (find_pipeline(p.name)->what == kind::bound) continue;
    names += (names.empty() ? "" : ", ") + p.name;
  }
  out += fmt::format("<h1>muster {}</h1><p class=\"sub\">{}</p>\n", escaped(s.spec.command),
                     is_map ? "where fixed rules fall short of the bound"
                            : escaped(names) + fmt::format(" · {} {}", s.spec.seeds,
                                                           s.spec.seeds == 1 ? "seed" : "seeds"));
  out += "<div class=\"verdict\">";
  for (const std::string& line : verdict(s)) out += fmt::format("<p>{}</p>", escaped(line));
  out += "</div>\n";
  if (!problem.empty()) out += fmt::format("<p class=\"note\">{}</p>\n", escaped(problem));

  const auto show = [&](std::size_t i) {
    const figure& f = figures[i];
    out += fmt::format("<h2>{}</h2>\n<p class=\"caption\">{}</p>\n", escaped(f.title),
                       escaped(f.caption));
    if (i < pictures.size() && !pictures[i].empty()) {
      out += "<figure class=\"scroll\">" +
             muster::report::inline_svg(pictures[i], "f" + std::to_string(i),
                                        f.title + ": " + f.caption) +
             "</figure>\n";
    } else {
      out += fmt::format("<p class=\"note\">Not drawn; the script is figures/{}.gp.</p>\n", f.name);
    }
  };
  std::size_t next = 0;
  for (; next < figures.size() && (figures[next].name == "map" || figures[next].name == "result");
       ++next) {
    show(next);
  }
  if (!s.pipelines.empty() && !is_map) {
    out +=
        "<h2>Results</h2>\n<p class=\"caption\">Means over the seeds. On time is the share of all "
        "requests that arrived; below the bound is the share of what the bound allows that was "
        "lost; latency counts answered requests only. Intervals: BCa bootstrap. Decision times "
        "come from this machine's clock and differ from run to run.</p>\n";
    out += result_table(s);
  }
  for (; next < figures.size(); ++next) show(next);
  if (!s.comparisons.empty()) {
    out +=
        "<h2>Comparisons</h2>\n<p class=\"caption\">Pairs of runs on the same workload. p: exact "
        "Wilcoxon signed-rank test, two-sided, corrected by Holm's method over all comparisons "
        "with "
        "rules in the same metric (the difference to the bound is shown, not tested as one of "
        "them). summary.json has the uncorrected ones too.</p>\n";
    out += comparison_table(s);
  }
  out += "<h2>What was run</h2>\n" + what_was_run(s);
  out +=
      "<p class=\"caption\">Beside this page: <code>metrics.csv</code> (every number in long "
      "form), "
      "<code>timings.csv</code>, <code>summary.json</code>, <code>timeline.json</code> (open it in "
      "ui.perfetto.dev), <code>figures/</code> (scripts and pictures).</p>\n";
  return out + "</body></html>\n";
}

}  // namespace cli
