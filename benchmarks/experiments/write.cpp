// SPDX-License-Identifier: Apache-2.0
#include "experiments/write.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <muster/report/csv.hpp>
#include <muster/stats/summary.hpp>
#include <nlohmann/json.hpp>

#include "cli/files.hpp"
#include "experiments/pictures.hpp"

namespace experiments {
namespace {

using json = nlohmann::ordered_json;

json number(double x) { return std::isfinite(x) ? json(x) : json(nullptr); }

template <class F>
void for_each_run(const finished& f, F&& visit) {
  for (std::size_t a = 0; a < f.what->arms.size(); ++a) {
    for (std::size_t x = 0; x < f.what->settings.size(); ++x) {
      for (std::size_t s = 0; s < f.runs->seeds().size(); ++s) {
        visit(f.what->arms[a].name, f.what->settings[x].name, f.runs->seeds()[s],
              f.runs->at(a, x, s));
      }
    }
  }
}

constexpr std::string_view header = "figure,arm,setting,seed,episode,metric,value";

// A cell of a table of means: throughput and other shares in per cent.
std::string mean_text(const finished& f, const std::string& name, std::size_t a, std::size_t x) {
  const measure m = metric(f.what->arms[a].name, name, {f.what->settings[x].name});
  std::vector<double> values;
  for (std::size_t s = 0; s < f.runs->seeds().size(); ++s) {
    const double v = m(*f.runs, s);
    if (std::isfinite(v)) values.push_back(v);
  }
  if (values.empty()) return "–";
  double mean = muster::stats::mean(values);
  const bool share = name.find("throughput") != std::string::npos ||
                     name.find("share") != std::string::npos ||
                     name.find("_use") != std::string::npos || name.ends_with("utilisation");
  if (share) mean *= 100.0;
  const double size = std::fabs(mean);
  return fmt::format("{:.{}f}", mean, size >= 1000.0 ? 0 : size >= 10.0 ? 1 : size >= 1.0 ? 2 : 3);
}

std::string heading_of(const std::string& name) {
  if (name.starts_with("masked_")) return heading_of(name.substr(7));
  if (name.starts_with("own_")) return "on own tests: " + heading_of(name.substr(4));
  if (name.starts_with("weight_")) {  // weight_i_j, counted from 0
    const std::size_t j = name.rfind('_');
    return fmt::format("weight of {} on {}", std::stoul(name.substr(7, j - 7)) + 1,
                       std::stoul(name.substr(j + 1)) + 1);
  }
  if (name == "bytes_up") return "bytes that a client sent";
  if (name == "utilisation") return "utilisation, %";
  if (name == "response") return "response, s";
  if (name == "makespan") return "makespan, s";
  if (name == "load_balance") return "load balance (lower is better)";
  if (name == "final_reward") return "reward of the last tenth of the episodes";
  if (name == "mean_reward") return "mean reward of all episodes";
  if (name == "critic_before") return "error of the critics before a download";
  if (name == "critic_after") return "error of the critics after a download";
  if (name == "throughput") return "on time, %";
  if (name == "emergency_throughput") return "emergencies on time, %";
  if (name == "frame_throughput_lowest") return "worst frame, %";
  if (name == "frame_throughput_sd") return "spread over frames, points";
  if (name == "e2e_ms_mean") return "end to end, ms";
  if (name == "e2e_ms_p99") return "end to end p99, ms";
  if (name == "cross_decided_ms_mean") return "cross-cluster scheduling, ms";
  if (name == "decided_ms_mean") return "scheduling, ms";
  if (name == "cross_cluster_ms_mean")
    return "cross-cluster scheduling with the wait for the slot, ms";
  if (name == "scheduling_ms_mean") return "scheduling with the wait for the slot, ms";
  if (name == "dynamic_j_per_inference") return "J per answer";
  if (name == "cluster_cpu_use") return "CPU of the cluster, %";
  if (name == "decisions20_us_p50") return "20 decisions, us (median)";
  if (name == "decisions20_us_p99") return "20 decisions, us (p99)";
  if (name == "plans50_us_p50") return "50 plans, us (median)";
  if (name == "plans50_us_p99") return "50 plans, us (p99)";
  return name;
}

}  // namespace

std::string data_csv(const finished& f) {
  muster::report::csv_table table{header};
  for_each_run(f, [&](const std::string& arm, const std::string& setting, std::uint64_t seed,
                      const cli::run_record& r) {
    const auto row = [&](std::uint64_t episode, const cli::named_value& v) {
      table.field(std::string_view{f.what->name}).field(std::string_view{arm});
      table.field(std::string_view{setting}).field(seed).field(episode);
      table.field(std::string_view{v.name}).field(v.value).end_row();
    };
    for (const cli::training_point& p : r.training) {
      for (const cli::named_value& v : p.values) row(p.episode, {"training_" + v.name, v.value});
    }
    for (const cli::named_value& v : r.metrics) row(f.how_much.episodes, v);
  });
  return table.text();
}

std::string timings_csv(const finished& f) {
  muster::report::csv_table table{header};
  for_each_run(f, [&](const std::string& arm, const std::string& setting, std::uint64_t seed,
                      const cli::run_record& r) {
    for (const cli::named_value& v : r.timings) {
      table.field(std::string_view{f.what->name}).field(std::string_view{arm});
      table.field(std::string_view{setting}).field(seed).field(f.how_much.episodes);
      table.field(std::string_view{v.name}).field(v.value).end_row();
    }
  });
  return table.text();
}

std::string document_json(const finished& f) {
  const experiment& e = *f.what;
  json claims = json::array();
  for (const judged_claim& c : f.judged.claims) {
    claims.push_back({{"text", c.what->text},
                      {"result", word_for(c.result)},
                      {"unit", c.what->unit},
                      {"a", number(c.a)},
                      {"b", number(c.b)},
                      {"difference", number(c.difference)},
                      {"ci95", json::array({number(c.interval.low), number(c.interval.high)})},
                      {"relative", number(c.relative)},
                      {"p", c.tested ? number(c.p) : json(nullptr)},
                      {"pairs", c.pairs},
                      {"paper", c.what->paper}});
  }
  json pictures = json::array();
  for (const cli::figure& p : pictures_of(f)) pictures.push_back(p.name + ".svg");
  json scenarios = json::array();
  for (const arm& a : e.arms) {
    for (const setting& s : e.settings) {
      if (e.run) continue;
      scenarios.push_back(
          {{"arm", a.name},
           {"setting", s.name},
           {"scenario", json::parse(text_of(scenario_of(e, f.how_much, a, s), false))}});
    }
  }
  const json j{{"figure", e.name},
               {"title", e.title},
               {"verdict", f.judged.line},
               {"state", f.judged.state},
               {"seeds", f.runs->seeds().size()},
               {"first_seed", f.runs->seeds().empty() ? 0 : f.runs->seeds().front()},
               {"episodes", f.how_much.episodes},
               {"training_slots", f.how_much.training_slots},
               {"slots", f.how_much.slots},
               {"traces", f.traces},
               {"repeatable", !e.timed},
               {"claims", claims},
               {"pictures", pictures},
               {"scenarios", scenarios}};
  return j.dump(1) + '\n';
}

std::string section_md(const finished& f) {
  const experiment& e = *f.what;
  std::string out = fmt::format("## {}: {}\n\n", e.name, e.title);
  out += fmt::format("**{}.** {}\n\n", f.judged.state, e.question);
  for (const cli::figure& p : pictures_of(f)) {
    out += fmt::format("![{}: {}](reproduction-{}/{}.svg)\n\n", e.name, p.caption, e.paper, p.name);
  }
  if (!f.judged.claims.empty()) {
    out += "| claim | ours | 95 % interval | p | paper | |\n|---|---|---|---|---|---|\n";
    for (const judged_claim& c : f.judged.claims) {
      const double factor = c.what->unit == "points" ? 100.0 : 1.0;
      const std::string interval = c.result == finding::unmeasured
                                       ? "–"
                                       : fmt::format("{:+.4g} to {:+.4g}", c.interval.low * factor,
                                                     c.interval.high * factor);
      out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", c.what->text, gap_text(c), interval,
                         p_text(c), c.what->paper, word_for(c.result));
    }
    out += '\n';
  }
  std::vector<std::string> shown{e.shown};
  if (shown.empty()) shown = {"throughput"};
  if (e.settings.size() == 1) {
    out += "| contender |";
    for (const std::string& name : shown) out += ' ' + heading_of(name) + " |";
    out += "\n|---|";
    for (std::size_t i = 0; i < shown.size(); ++i) out += "---|";
    out += '\n';
    for (std::size_t a = 0; a < e.arms.size(); ++a) {
      out += "| " + e.arms[a].label + " |";
      for (const std::string& name : shown) out += ' ' + mean_text(f, name, a, 0) + " |";
      out += '\n';
    }
    out += '\n';
  } else {
    for (const std::string& name : shown) {
      out += "| " + heading_of(name) + " |";
      for (const setting& s : e.settings) out += ' ' + s.name + " |";
      out += "\n|---|";
      for (std::size_t i = 0; i < e.settings.size(); ++i) out += "---|";
      out += '\n';
      for (std::size_t a = 0; a < e.arms.size(); ++a) {
        out += "| " + e.arms[a].label + " |";
        for (std::size_t x = 0; x < e.settings.size(); ++x) {
          out += ' ' + mean_text(f, name, a, x) + " |";
        }
        out += '\n';
      }
      out += '\n';
    }
  }
  if (!e.note.empty()) out += e.note + "\n\n";
  if (!e.effort_text || e.unit != "seed") {
    out += fmt::format("{} {}{}; ", f.runs->seeds().size(), e.unit,
                       f.runs->seeds().size() == 1 ? "" : "s");
  }
  if (e.effort_text) return out + e.effort_text(f.how_much) + ".\n\n";
  out += fmt::format("{} training episodes of {:g} s, test episodes of {:g} s; {}.\n\n",
                     f.how_much.episodes, static_cast<double>(f.how_much.training_slots) * 0.25,
                     static_cast<double>(f.how_much.slots) * 0.25, f.traces);
  return out;
}

muster::result<void> write(const finished& f, const store& files, std::string& problem) {
  const std::string& name = f.what->name;
  for (const auto& [ending, text] :
       {std::pair{".csv", data_csv(f)}, std::pair{"-timings.csv", timings_csv(f)},
        std::pair{".json", document_json(f)}, std::pair{".md", section_md(f)}}) {
    if (auto ok = cli::write_file(files.path(name + ending), text); !ok) return ok;
  }
  const std::vector<cli::figure> pictures = pictures_of(f);
  const std::vector<std::string> drawn = cli::draw(pictures, files.path("."), problem);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    if (drawn[i].empty()) continue;
    const std::string text =
        standalone(drawn[i], pictures[i].name, pictures[i].title + ": " + pictures[i].caption);
    if (auto ok = cli::write_file(files.path(pictures[i].name + ".svg"), text); !ok) return ok;
  }
  return {};
}

}  // namespace experiments
