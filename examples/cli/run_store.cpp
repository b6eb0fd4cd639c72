// SPDX-License-Identifier: Apache-2.0
#include "run_store.hpp"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cli {
namespace {

using json = nlohmann::ordered_json;

// JSON has no word for "not a number"; null is what it is read back from.
json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }
double number(const json& j) {
  return j.is_null() ? std::numeric_limits<double>::quiet_NaN() : j.get<double>();
}

json object(const std::vector<named_value>& values) {
  json j = json::object();
  for (const named_value& v : values) j[v.name] = number(v.value);
  return j;
}
std::vector<named_value> named(const json& j) {
  std::vector<named_value> values;
  for (const auto& [name, value] : j.items()) values.push_back({name, number(value)});
  return values;
}
json array(const std::vector<double>& values) {
  json j = json::array();
  for (const double v : values) j.push_back(number(v));
  return j;
}
std::vector<double> doubles(const json& j) {
  std::vector<double> values;
  for (const json& v : j) values.push_back(number(v));
  return values;
}

json spec_object(const run_spec& s) {
  json traces = json::array();
  for (const auto& [path, hash] : s.traces) traces.push_back({{"file", path}, {"digest", hash}});
  json j{{"command", s.command},
         {"version", s.version},
         {"pipelines", s.pipelines},
         {"traces", traces},
         {"bad_rows", s.bad_rows},
         {"rate", s.rate},
         {"surge", s.surge},
         {"surge_from", s.surge_from},
         {"surge_to", s.surge_to},
         {"deadline_scale", s.deadline_scale},
         {"train_fraction", s.train_fraction},
         {"slots", s.slots},
         {"nodes_per_cluster", s.nodes},
         {"frame_s", s.frame},
         {"long_slot_s", s.long_slot},
         {"episodes", s.episodes},
         {"seeds", s.seeds},
         {"seed", s.seed}};
  if (!s.model.first.empty()) j["model"] = {{"file", s.model.first}, {"digest", s.model.second}};
  if (!s.map_rates.empty()) {
    j["map_rates"] = s.map_rates;
    j["map_deadline_scales"] = s.map_scales;
  }
  return j;
}

// Runs a reader of parsed JSON; what does not fit becomes an error of ours.
template <class F>
auto guarded(const std::string& text, const std::string& file, F read)
    -> muster::result<decltype(read(json{}))> {
  try {
    return read(json::parse(text));
  } catch (const json::exception& e) {
    std::string what = e.what();
    const std::size_t end = what.rfind("] ");
    if (end != std::string::npos) what = what.substr(end + 2);
    return muster::error{"is damaged: " + what, file, 0, "",
                         "a file written by muster; remove it to run this part again"};
  }
}

}  // namespace

std::string to_json(const run_record& r) {
  json j{{"pipeline", r.pipeline},
         {"seed", r.seed},
         {"simulated_seconds", r.simulated_seconds},
         {"metrics", object(r.metrics)},
         {"timings", object(r.timings)},
         {"latency_ms_quantiles", array(r.latency_quantiles)},
         {"target_busy", array(r.target_busy)}};
  j["series"] = {
      {"point_seconds", r.series.point_seconds}, {"point_slots", r.series.point_slots},
      {"arrived", array(r.series.arrived)},      {"done", array(r.series.done)},
      {"missed", array(r.series.missed)},        {"waiting", array(r.series.waiting)},
      {"running", array(r.series.running)},      {"utilisation", array(r.series.utilisation)}};
  json training = json::array();
  for (const training_point& p : r.training) {
    training.push_back({{"episode", p.episode}, {"values", object(p.values)}});
  }
  j["training"] = training;
  return j.dump(1) + '\n';
}

muster::result<run_record> run_from_json(const std::string& text, const std::string& file) {
  return guarded(text, file, [](const json& j) {
    run_record r;
    r.pipeline = j.at("pipeline").get<std::string>();
    r.seed = j.at("seed").get<std::uint64_t>();
    r.simulated_seconds = j.at("simulated_seconds").get<double>();
    r.metrics = named(j.at("metrics"));
    r.timings = named(j.at("timings"));
    r.latency_quantiles = doubles(j.at("latency_ms_quantiles"));
    r.target_busy = doubles(j.at("target_busy"));
    const json& s = j.at("series");
    r.series.point_seconds = s.at("point_seconds").get<double>();
    r.series.point_slots = s.at("point_slots").get<std::uint64_t>();
    r.series.arrived = doubles(s.at("arrived"));
    r.series.done = doubles(s.at("done"));
    r.series.missed = doubles(s.at("missed"));
    r.series.waiting = doubles(s.at("waiting"));
    r.series.running = doubles(s.at("running"));
    r.series.utilisation = doubles(s.at("utilisation"));
    for (const json& p : j.at("training")) {
      r.training.push_back({p.at("episode").get<std::uint64_t>(), named(p.at("values"))});
    }
    return r;
  });
}

std::string spec_json(const run_spec& spec) { return spec_object(spec).dump(1); }

std::string summary_json(const summary& s) {
  json j{
      {"muster", s.spec.version}, {"command_line", s.command_line}, {"spec", spec_object(s.spec)}};
  json runs = json::array();
  for (const run_record& r : s.runs) {
    json metrics = object(r.metrics);
    for (const named_value& t : r.timings) metrics[t.name] = number(t.value);
    runs.push_back({{"pipeline", r.pipeline}, {"seed", r.seed}, {"metrics", metrics}});
  }
  j["runs"] = runs;
  json means = json::array();
  for (const pipeline_summary& p : s.pipelines) {
    json metrics = json::object();
    for (const auto& [name, e] : p.metrics) {
      metrics[name] = {{"mean", number(e.mean)},
                       {"ci95", json::array({number(e.interval.low), number(e.interval.high)})}};
    }
    means.push_back({{"pipeline", p.name}, {"metrics", metrics}});
  }
  j["pipelines"] = means;
  json comparisons = json::array();
  for (const comparison& c : s.comparisons) {
    comparisons.push_back({{"metric", c.metric},
                           {"a", c.a},
                           {"b", c.b},
                           {"mean_diff", number(c.mean_difference)},
                           {"ci95", json::array({number(c.interval.low), number(c.interval.high)})},
                           {"p", number(c.p)},
                           {"p_raw", number(c.p_raw)},
                           {"pairs", c.pairs}});
  }
  j["comparisons"] = comparisons;
  if (!s.map.empty()) {
    json map = json::array();
    for (const map_cell& c : s.map) {
      map.push_back({{"rate", c.rate},
                     {"deadline_scale", c.deadline_scale},
                     {"best_rule", c.best_rule},
                     {"best", number(c.best)},
                     {"bound", number(c.bound)}});
    }
    j["map"] = map;
  }
  j["verdict"] = verdict(s);
  j["notes"] = s.notes;
  return j.dump(1) + '\n';
}

namespace {

// "AMD EPYC 7B13, 2 processors, 24 GiB": what Linux tells, or "unknown".
std::string this_machine() {
  const auto field = [](const char* file, std::string_view name) {
    std::ifstream in{file};
    for (std::string line; std::getline(in, line);) {
      const std::size_t colon = line.find(':');
      if (!line.starts_with(name) || colon == std::string::npos) continue;
      const std::size_t first = line.find_first_not_of(" \t", colon + 1);
      return first == std::string::npos ? std::string{} : line.substr(first);
    }
    return std::string{};
  };
  const std::string model = field("/proc/cpuinfo", "model name");
  const std::string memory = field("/proc/meminfo", "MemTotal");  // kB
  return fmt::format("{}, {} processors, {:.0f} GiB", model.empty() ? "unknown" : model,
                     std::thread::hardware_concurrency(),
                     std::strtod(memory.c_str(), nullptr) / (1024.0 * 1024.0));
}

}  // namespace

std::string to_json(const manifest& m) {
  const json j{{"written_by", "muster"},
               {"state", m.complete ? "complete" : "running"},
               {"command_line", m.command_line},
               {"machine", this_machine()},
               {"spec", json::parse(m.spec)}};
  return j.dump(1) + '\n';
}

muster::result<manifest> manifest_from_json(const std::string& text, const std::string& file) {
  return guarded(text, file, [](const json& j) {
    return manifest{j.at("spec").dump(1), j.at("command_line").get<std::string>(),
                    j.at("state").get<std::string>() == "complete"};
  });
}

std::string spec_difference(const std::string& before, const std::string& now) {
  const json a = json::parse(before);
  const json b = json::parse(now);
  std::string text;
  for (const auto& [name, value] : b.items()) {
    const json old = a.contains(name) ? a.at(name) : json(nullptr);
    if (old == value) continue;
    text +=
        (text.empty() ? "" : ", ") + name + " was " + old.dump() + " and is now " + value.dump();
  }
  for (const auto& [name, value] : a.items()) {
    if (!b.contains(name)) {
      text += (text.empty() ? "" : ", ") + name + " was " + value.dump() + " and is now missing";
    }
  }
  return text;
}

}  // namespace cli
