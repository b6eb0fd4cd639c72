// SPDX-License-Identifier: Apache-2.0
#include "experiments/experiment.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <muster/core/contracts.hpp>
#include <muster/stats/summary.hpp>

#include "cli/registry.hpp"

namespace experiments {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

std::size_t index_in(std::span<const std::string> names, std::string_view name) {
  const auto it = std::find(names.begin(), names.end(), name);
  MUSTER_EXPECTS(it != names.end(),
                 "muster: an experiment refers to an arm or a setting that it does not declare; "
                 "write the same name in both places");
  return static_cast<std::size_t>(it - names.begin());
}

// The training curve of one run, each point the mean of itself and its neighbours.
std::vector<double> smoothed(const cli::run_record& r) {
  std::vector<double> raw;
  for (const cli::training_point& p : r.training) {
    for (const cli::named_value& v : p.values) {
      if (v.name == "throughput") raw.push_back(v.value);
    }
  }
  std::vector<double> out(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const std::size_t first = i == 0 ? 0 : i - 1;
    const std::size_t last = std::min(raw.size(), i + 2);
    for (std::size_t k = first; k < last; ++k) {
      out[i] += raw[k] / static_cast<double>(last - first);
    }
  }
  return out;
}

const cli::run_record& run_of(const results& r, const std::string& arm, const std::string& setting,
                              std::size_t seed) {
  return r.at(r.arm(arm), setting.empty() ? 0 : r.setting(setting), seed);
}

}  // namespace

std::size_t results::arm(std::string_view name) const { return index_in(arms_, name); }
std::size_t results::setting(std::string_view name) const { return index_in(settings_, name); }

measure metric(std::string arm, std::string name, std::vector<std::string> settings) {
  return [=](const results& r, std::size_t seed) {
    const std::size_t who = r.arm(arm);
    const auto value = [&](std::size_t where) {
      const cli::run_record& run = r.at(who, where, seed);
      const double x = run.metric(name);
      return std::isnan(x) ? run.timing(name) : x;
    };
    double sum = 0.0;
    if (settings.empty()) {
      for (std::size_t i = 0; i < r.settings().size(); ++i) sum += value(i);
      return sum / static_cast<double>(r.settings().size());
    }
    for (const std::string& where : settings) sum += value(r.setting(where));
    return sum / static_cast<double>(settings.size());
  };
}

measure closest(std::vector<std::string> arms, std::string name,
                std::vector<std::string> settings) {
  std::vector<measure> each;
  for (std::string& arm : arms) each.push_back(metric(std::move(arm), name, settings));
  return [each](const results& r, std::size_t seed) {
    std::size_t best = 0;
    double highest = -std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < each.size(); ++k) {
      double sum = 0.0;
      for (std::size_t s = 0; s < r.seeds().size(); ++s) sum += each[k](r, s);
      if (sum > highest) {
        highest = sum;
        best = k;
      }
    }
    return each[best](r, seed);
  };
}

measure at_best(std::string arm, std::string name) {
  return [=](const results& r, std::size_t seed) {
    double best = missing, highest = -std::numeric_limits<double>::infinity();
    for (const std::string& where : r.settings()) {
      const measure here = metric(arm, name, {where});
      double sum = 0.0;
      for (std::size_t s = 0; s < r.seeds().size(); ++s) sum += here(r, s);
      if (sum > highest) {
        highest = sum;
        best = here(r, seed);
      }
    }
    return best;
  };
}

measure growth(std::string arm, std::string name, std::string from, std::string to) {
  const measure low = metric(arm, name, {from});
  const measure high = metric(arm, name, {to});
  return [=](const results& r, std::size_t seed) { return high(r, seed) - low(r, seed); };
}

measure episodes_to_plateau(std::string arm, std::string setting) {
  return [=](const results& r, std::size_t seed) {
    const cli::run_record& run = run_of(r, arm, setting, seed);
    const std::vector<double> curve = smoothed(run);
    if (curve.size() < 2) return missing;
    const std::size_t tail = std::max<std::size_t>(1, curve.size() / 10);
    double final = 0.0;
    for (std::size_t i = curve.size() - tail; i < curve.size(); ++i) {
      final += curve[i] / static_cast<double>(tail);
    }
    const double wanted = curve.front() + 0.95 * (final - curve.front());
    std::size_t reached = curve.size() - 1;
    while (reached > 0 && curve[reached - 1] >= wanted) --reached;
    return static_cast<double>(run.training[reached].episode);
  };
}

measure training_noise(std::string arm, std::string setting) {
  return [=](const results& r, std::size_t seed) {
    const cli::run_record& run = run_of(r, arm, setting, seed);
    std::vector<double> change;
    double before = missing;
    for (std::size_t i = run.training.size() / 2; i < run.training.size(); ++i) {
      for (const cli::named_value& v : run.training[i].values) {
        if (v.name != "throughput") continue;
        if (!std::isnan(before)) change.push_back(v.value - before);
        before = v.value;
      }
    }
    return change.size() < 2 ? missing : muster::stats::sd(change);
  };
}

measure training_peak(std::string arm, std::string setting) {
  return [=](const results& r, std::size_t seed) {
    const std::vector<double> curve = smoothed(run_of(r, arm, setting, seed));
    return curve.empty() ? missing : *std::max_element(curve.begin(), curve.end());
  };
}

scenario scenario_of(const experiment& e, const effort& how_much, const arm& who,
                     const setting& where) {
  scenario s;
  s.pipeline = who.pipeline;
  s.load = e.load;
  s.training = e.training.rate > 0.0 ? e.training : e.load;
  s.load.slots = how_much.slots;
  s.training.slots = how_much.training_slots;
  s.episodes = cli::find_pipeline(who.pipeline)->what == cli::kind::learned ? how_much.episodes : 0;
  s.timed = e.timed;
  if (where.change) where.change(s);
  if (who.change) who.change(s);
  return s;
}

}  // namespace experiments
