// SPDX-License-Identifier: Apache-2.0
#include "experiments/pictures.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <muster/core/rng.hpp>
#include <muster/report/box_figure.hpp>
#include <muster/report/inline_svg.hpp>
#include <muster/report/interval_figure.hpp>
#include <muster/report/line_figure.hpp>
#include <muster/report/palette.hpp>
#include <muster/stats/bootstrap.hpp>
#include <muster/stats/summary.hpp>

#include "cli/registry.hpp"

namespace experiments {
namespace {

namespace report = muster::report;

constexpr std::uint64_t bootstrap_seed = 20250;

bool is_bound(const arm& a) {
  const cli::pipeline_info* const known = cli::find_pipeline(a.pipeline);
  return known != nullptr && known->what == cli::kind::bound;
}

std::size_t setting_of(const results& r, const chart& c) {
  return c.setting.empty() ? 0 : r.setting(c.setting);
}

// Mean and the mean plus and minus 1.96 standard errors, of what is a number.
void add_point(report::curve& line, double x, std::vector<double> values) {
  values.erase(
      std::remove_if(values.begin(), values.end(), [](double v) { return !std::isfinite(v); }),
      values.end());
  if (values.empty()) return;
  const double mean = muster::stats::mean(values);
  const double half =
      1.96 * muster::stats::sd(values) / std::sqrt(static_cast<double>(values.size()));
  line.x.push_back(x);
  line.y.push_back(mean);
  line.low.push_back(mean - half);
  line.high.push_back(mean + half);
}

report::curve empty_curve(const experiment& e, std::size_t a) {
  report::curve line;
  line.name = e.arms[a].label;
  line.style = is_bound(e.arms[a]) ? -1 : static_cast<int>(a);
  line.dashed = is_bound(e.arms[a]);
  line.width = a == 0 ? 2.6 : 1.8;
  return line;
}

std::vector<double> values_of(const finished& f, const chart& c, std::size_t a, std::size_t x) {
  std::vector<double> values;
  const measure m = metric(f.what->arms[a].name, c.metric, {f.what->settings[x].name});
  for (std::size_t s = 0; s < f.runs->seeds().size(); ++s) {
    values.push_back(m(*f.runs, s) * c.scale);
  }
  return values;
}

report::line_figure frame_of(const chart& c) {
  report::line_figure figure;
  figure.x_label = c.x_label;
  figure.y_label = c.y_label;
  figure.log_x = c.log_x;
  figure.log_y = c.log_y;
  if (c.from_zero) figure.y_low = 0.0;
  return figure;
}

std::string by_setting(const finished& f, const chart& c, const std::string& file) {
  report::line_figure figure = frame_of(c);
  for (std::size_t a = 0; a < f.what->arms.size(); ++a) {
    report::curve line = empty_curve(*f.what, a);
    for (std::size_t x = 0; x < f.what->settings.size(); ++x) {
      const auto& wanted = c.settings;
      if (wanted.empty() ||
          std::find(wanted.begin(), wanted.end(), f.what->settings[x].name) != wanted.end()) {
        add_point(line, f.what->settings[x].x, values_of(f, c, a, x));
      }
    }
    if (!line.x.empty()) figure.curves.push_back(std::move(line));
  }
  return figure.curves.empty() ? "" : report::gnuplot_script(figure, file);
}

std::string learning(const finished& f, const chart& c, const std::string& file) {
  report::line_figure figure = frame_of(c);
  const std::size_t x = setting_of(*f.runs, c);
  for (std::size_t a = 0; a < f.what->arms.size(); ++a) {
    report::curve line = empty_curve(*f.what, a);
    const std::size_t episodes = f.runs->at(a, x, 0).training.size();
    for (std::size_t i = 0; i < episodes; ++i) {
      std::vector<double> values;
      for (std::size_t s = 0; s < f.runs->seeds().size(); ++s) {
        const auto& training = f.runs->at(a, x, s).training;
        if (i >= training.size()) continue;
        for (const cli::named_value& v : training[i].values) {
          if (v.name != c.metric) continue;
          values.push_back(c.log_y ? std::log(v.value * c.scale) : v.value * c.scale);
        }
      }
      add_point(line, static_cast<double>(f.runs->at(a, x, 0).training[i].episode),
                std::move(values));
    }
    if (c.log_y) {
      for (auto* const of : {&line.y, &line.low, &line.high}) {
        for (double& v : *of) v = std::exp(v);
      }
    }
    if (!line.x.empty()) figure.curves.push_back(std::move(line));
  }
  return figure.curves.empty() ? "" : report::gnuplot_script(figure, file);
}

std::string over_time(const finished& f, const chart& c, const std::string& file) {
  report::line_figure figure = frame_of(c);
  figure.y_low = 0.0;
  const std::size_t x = setting_of(*f.runs, c);
  double seconds = 0.0;
  report::curve arriving;
  arriving.name = "arriving";
  arriving.style = -1;
  arriving.dashed = true;
  arriving.width = 1.0;
  for (std::size_t a = 0; a < f.what->arms.size(); ++a) {
    if (is_bound(f.what->arms[a])) continue;
    report::curve line = empty_curve(*f.what, a);
    const cli::time_series& first = f.runs->at(a, x, 0).series;
    seconds = f.runs->at(a, x, 0).simulated_seconds;
    const bool wants_arrivals = arriving.x.empty();
    for (std::size_t i = 0; i < first.done.size(); ++i) {
      std::vector<double> done, came;
      for (std::size_t s = 0; s < f.runs->seeds().size(); ++s) {
        const cli::time_series& series = f.runs->at(a, x, s).series;
        if (i < series.done.size()) done.push_back(series.done[i]);
        if (i < series.arrived.size()) came.push_back(series.arrived[i]);
      }
      const double t = (static_cast<double>(i) + 0.5) * first.point_seconds;
      add_point(line, t, std::move(done));
      if (wants_arrivals && !came.empty()) {
        arriving.x.push_back(t);
        arriving.y.push_back(muster::stats::mean(came));
      }
    }
    line.low.clear();  // bands of curves this jagged hide each other
    line.high.clear();
    if (!line.x.empty()) figure.curves.push_back(std::move(line));
  }
  if (figure.curves.empty()) return "";
  figure.curves.push_back(std::move(arriving));
  figure.x_low = 0.0;
  figure.x_high = seconds;
  return report::gnuplot_script(figure, file);
}

std::string by_arm(const finished& f, const chart& c, const std::string& file) {
  report::interval_figure figure;
  figure.x_label = c.y_label;
  const std::size_t x = setting_of(*f.runs, c);
  for (std::size_t a = 0; a < f.what->arms.size(); ++a) {
    const std::vector<double> values = values_of(f, c, a, x);
    if (values.empty() ||
        !std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); })) {
      continue;
    }
    const double mean = muster::stats::mean(values);
    if (is_bound(f.what->arms[a])) {
      figure.reference = mean;
      figure.reference_label = "bound";
      continue;
    }
    muster::rng random{bootstrap_seed};
    const auto interval = muster::stats::bootstrap_interval(
        values, [](std::span<const double> v) { return muster::stats::mean(v); }, random, {2000});
    report::interval_row row;
    row.name = f.what->arms[a].label;
    row.mean = mean;
    row.low = std::min(interval.low, mean);
    row.high = std::max(interval.high, mean);
    if (values.size() > 1) row.values = values;
    row.style = static_cast<int>(a);
    figure.rows.push_back(std::move(row));
  }
  return figure.rows.empty() ? "" : report::gnuplot_script(figure, file);
}

std::string boxes(const finished& f, const chart& c, const std::string& file) {
  report::box_figure figure;
  figure.x_label = c.y_label;
  figure.log_x = c.log_x;
  const std::size_t x = setting_of(*f.runs, c);
  for (std::size_t a = 0; a < f.what->arms.size(); ++a) {
    figure.rows.push_back({f.what->arms[a].label, values_of(f, c, a, x), static_cast<int>(a)});
  }
  return figure.rows.empty() ? "" : report::gnuplot_script(figure, file);
}

}  // namespace

std::string picture_name(const experiment& e, const chart& c) {
  return c.name.empty() ? e.name : e.name + '-' + c.name;
}

std::vector<cli::figure> pictures_of(const finished& f) {
  std::vector<cli::figure> pictures;
  for (const chart& c : f.what->charts) {
    const std::string name = picture_name(*f.what, c);
    const std::string file = name + ".svg";
    std::string script;
    switch (c.what) {
      case chart::kind::by_setting:
        script = by_setting(f, c, file);
        break;
      case chart::kind::learning:
        script = learning(f, c, file);
        break;
      case chart::kind::by_arm:
        script = by_arm(f, c, file);
        break;
      case chart::kind::boxes:
        script = boxes(f, c, file);
        break;
      case chart::kind::over_time:
        script = over_time(f, c, file);
        break;
    }
    if (!script.empty()) {
      pictures.push_back({name, f.what->title, c.y_label, std::move(script)});
    }
  }
  if (f.what->pictures) {
    for (cli::figure& more : f.what->pictures(*f.runs)) pictures.push_back(std::move(more));
  }
  return pictures;
}

std::string standalone(std::string_view svg, std::string_view name, std::string_view label) {
  std::string prefix;
  for (const char c : name) {
    if (c != '-') prefix += c;
  }
  std::string text = report::inline_svg(svg, prefix, label);
  const std::size_t open = text.find('>');
  if (open == std::string::npos) return text;
  return text.insert(open + 1,
                     "\n<style>" + report::palette_css() + "svg{background:var(--page)}</style>\n");
}

}  // namespace experiments
