// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <thread>

#include <CLI/CLI.hpp>
#include <muster/version.hpp>

#include "names.hpp"

namespace cli {
namespace {

// Values are taken as text and read here: the messages of all bad values then have one shape,
// and a number is read whole or not at all.
struct texts {
  std::vector<std::string> pipelines, traces, map_rates, map_scales;
  std::string pipeline, rate, surge, deadline_scale, slots, episodes, seeds, seed, threads, lines;
  std::string nodes, frame, long_slot;
};

muster::error bad_value(const std::string& flag, const std::string& what, std::string expected) {
  return {what, "", 0, flag, std::move(expected)};
}

struct number_rule {
  double low;
  bool low_allowed;
  double high;
  const char* expected;
};

std::optional<muster::error> read_number(const std::string& flag, const std::string& text,
                                         const number_rule& rule, double& value) {
  char* end = nullptr;
  errno = 0;
  const double x = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || std::isspace(static_cast<unsigned char>(text[0])) != 0 ||
      !std::isfinite(x)) {
    return bad_value(flag, "'" + text + "' is not a number", rule.expected);
  }
  if (x < rule.low || (x == rule.low && !rule.low_allowed) || x > rule.high) {
    return bad_value(flag, "'" + text + "' is out of range", rule.expected);
  }
  value = x;
  return {};
}

std::optional<muster::error> read_count(const std::string& flag, const std::string& text,
                                        std::uint64_t low, std::uint64_t high, const char* expected,
                                        std::uint64_t& value) {
  std::uint64_t x = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (code == std::errc::result_out_of_range) {
    return bad_value(flag, "'" + text + "' is out of range", expected);
  }
  if (code != std::errc{} || end != text.data() + text.size()) {
    return bad_value(flag, "'" + text + "' is not a whole number", expected);
  }
  if (x < low || x > high) return bad_value(flag, "'" + text + "' is out of range", expected);
  value = x;
  return {};
}

std::optional<muster::error> read_values(const texts& t, options& o) {
  constexpr number_rule rate{0.0, false, 1e6, "requests per second above 0, such as 300"};
  constexpr number_rule surge{1.0, true, 1e3, "a factor of at least 1, such as 5"};
  constexpr number_rule scale{0.0, false, 1e6, "a factor above 0, such as 0.1"};
  constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();
  const auto number = [](const char* flag, const std::string& text, const number_rule& rule,
                         double& value) -> std::optional<muster::error> {
    return text.empty() ? std::nullopt : read_number(flag, text, rule, value);
  };
  const auto count = [](const char* flag, const std::string& text, std::uint64_t low,
                        std::uint64_t high, const char* expected,
                        std::uint64_t& value) -> std::optional<muster::error> {
    return text.empty() ? std::nullopt : read_count(flag, text, low, high, expected, value);
  };
  if (auto e = number("--rate", t.rate, rate, o.rate)) return e;
  if (auto e = number("--surge", t.surge, surge, o.surge)) return e;
  if (auto e = number("--deadline-scale", t.deadline_scale, scale, o.deadline_scale)) return e;
  if (auto e = count("--slots", t.slots, 8, 10'000'000, "a whole number from 8 on, such as 480",
                     o.slots)) {
    return e;
  }
  // A cluster needs a replica of every service, and a node has four.
  if (auto e =
          count("--nodes", t.nodes, 3, 100'000, "a whole number from 3 on, such as 6", o.nodes)) {
    return e;
  }
  const auto period = [&](const char* flag, const std::string& text,
                          double& value) -> std::optional<muster::error> {
    constexpr number_rule any_period{0.0, true, 1e6, "seconds, a multiple of 0.25, or 0 for never"};
    if (auto e = number(flag, text, any_period, value)) return e;
    if (std::fabs(value * 4.0 - std::round(value * 4.0)) < 1e-9) return {};
    return bad_value(flag, "'" + text + "' is not a multiple of 0.25", any_period.expected);
  };
  if (auto e = period("--frame", t.frame, o.frame)) return e;
  if (auto e = period("--long-slot", t.long_slot, o.long_slot)) return e;
  o.slots_given = !t.slots.empty();
  o.episodes_given = !t.episodes.empty();
  o.seeds_given = !t.seeds.empty();
  if (auto e = count("--episodes", t.episodes, 1, 1'000'000, "a whole number from 1 on, such as 40",
                     o.episodes)) {
    return e;
  }
  if (auto e = count("--seeds", t.seeds, 1, 10'000, "a whole number from 1 to 10000, such as 10",
                     o.seeds)) {
    return e;
  }
  if (auto e =
          count("--seed", t.seed, 0, any - 10'000, "a whole number from 0 on, such as 1", o.seed)) {
    return e;
  }
  if (auto e = count("--threads", t.threads, 1, 1024, "a whole number from 1 to 1024, such as 2",
                     o.threads)) {
    return e;
  }
  if (auto e = count("--lines", t.lines, 0, any, "a whole number, 0 for all", o.lines)) return e;
  const auto list = [](const char* flag, const std::vector<std::string>& words,
                       const number_rule& rule,
                       std::vector<double>& values) -> std::optional<muster::error> {
    for (const std::string& word : words) {
      double x = 0.0;
      if (auto e = read_number(flag, word, rule, x)) return e;
      values.push_back(x);
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return {};
  };
  if (auto e = list("--rates", t.map_rates, rate, o.map_rates)) return e;
  if (auto e = list("--deadline-scales", t.map_scales, scale, o.map_scales)) return e;
  if (o.bad_rows != "fail" && o.bad_rows != "skip" && o.bad_rows != "repair") {
    return bad_value("--bad-rows", "'" + o.bad_rows + "' is not known", "fail, skip or repair");
  }
  // `deadline_scale * allowance` and `slots * slot` stay far below 2^63 us with these limits.
  return {};
}

void add_traces(CLI::App& c, texts& t, options& o) {
  c.add_option("--trace", t.traces,
               "Alibaba 2018 batch_task file, plain or .gz; repeatable, access points take turns "
               "(default: the embedded synthetic workload)")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("FILE...");
  c.add_option("--bad-rows", o.bad_rows, "what to do with a bad row: fail, skip or repair")
      ->type_name("HOW");
}

void add_load(CLI::App& c, texts& t, options& o) {
  add_traces(c, t, o);
  c.add_option("--rate", t.rate, "requests per second over all access points (300)")
      ->type_name("R");
  c.add_option("--surge", t.surge, "the rate is this much higher inside the surge (5)")
      ->type_name("X");
  c.add_option("--deadline-scale", t.deadline_scale,
               "every request's allowance is multiplied by this (1)")
      ->type_name("K");
  c.add_option("--slots", t.slots, "slots of 0.25 s per episode (480)")->type_name("N");
  c.add_option("--nodes", t.nodes, "nodes in each of the three clusters (6)")->type_name("N");
  c.add_option("--frame", t.frame,
               "seconds between two orchestrations, for what orchestrates; 0 = replicas stay (25)")
      ->type_name("S");
  c.add_option("--long-slot", t.long_slot,
               "seconds between two passes for urgent requests; 0 = none (2)")
      ->type_name("S");
  c.add_option("--seed", t.seed, "the first seed (1)")->type_name("S");
}

void add_folder(CLI::App& c, texts& t, options& o) {
  c.add_option("--threads", t.threads,
               "runs at a time; the results do not depend on it (all processors)")
      ->type_name("T");
  c.add_option("--out", o.out, "folder of the results (muster-out)")->type_name("DIR");
  c.add_flag("--resume", o.resume, "go on where an interrupted run of the same command stopped");
  c.add_flag("--overwrite", o.overwrite, "write into --out although it is not empty");
}

void add_runs(CLI::App& c, texts& t, options& o) {
  c.add_option("--seeds", t.seeds, "runs per pipeline, each with a seed of its own (5)")
      ->type_name("N");
  add_folder(c, t, o);
}

void add_pipelines(CLI::App& c, texts& t) {
  c.add_option("--pipelines", t.pipelines, "names separated by commas (see: muster list)")
      ->delimiter(',')
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("A,B,...");
  c.add_option("--pipeline", t.pipeline, "one name (see: muster list)")->type_name("NAME");
}

std::string shell_word(const std::string& word) {
  if (!word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              "0123456789_-+=./,:@%") == std::string::npos) {
    return word;
  }
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
  return out + "'";
}

// What CLI11 says, in our one-line form.
std::string say(const CLI::ParseError& e, CLI::App& app, const std::vector<std::string>& words) {
  muster::error said{e.what(), "", 0, "", "see muster --help"};
  CLI::App* active = &app;
  std::vector<std::string> commands;
  for (CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; })) {
    commands.push_back(sub->get_name());
    if (sub->parsed()) active = sub;
  }
  if (dynamic_cast<const CLI::ExtrasError*>(&e) != nullptr ||
      dynamic_cast<const CLI::RequiredError*>(&e) != nullptr) {
    std::vector<std::string> flags;
    for (const CLI::Option* option : active->get_options()) flags.push_back(option->get_name());
    // The first word that is neither a command nor known as a flag.
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::string name = words[i].substr(0, words[i].find('='));
      if (name.size() > 1 && name[0] == '-') {
        if (std::find(flags.begin(), flags.end(), name) != flags.end()) continue;
        const auto near = close_names(name, flags);
        return muster::error{
            "unknown flag", "", 0, name,
            near.empty() ? "one of those that muster " + active->get_name() + " --help lists"
                         : any_of(near)}
            .to_string();
      }
      if (active == &app && i == 1) {
        const auto near = close_names(name, commands);
        return muster::error{"unknown command", "", 0, name, any_of(near.empty() ? commands : near)}
            .to_string();
      }
    }
    if (active == &app) {
      return muster::error{"no command is given", "", 0, "", any_of(commands)}.to_string();
    }
    said.what = "a word too many";
    const std::string text = e.what();
    const std::size_t colon = text.rfind(": ");
    if (colon != std::string::npos) said.field = text.substr(colon + 2);
    // CLI11 lists the words from the last to the first.
    said.field = said.field.substr(said.field.rfind(' ') + 1);
    said.expected = "flags such as --rate 300 only";
  } else if (dynamic_cast<const CLI::ArgumentMismatch*>(&e) != nullptr) {
    const std::string text = e.what();
    said.field = text.substr(0, text.find(':'));
    said.what = "a value is missing";
    said.expected = "one value behind the flag (see muster " + active->get_name() + " --help)";
  }
  std::replace(said.what.begin(), said.what.end(), '\n', ' ');
  return said.to_string();
}

}  // namespace

parsed parse(int count, char** words) {
  parsed result;
  options& o = result.value;
  o.threads = std::max(1U, std::thread::hardware_concurrency());
  for (int i = 0; i < count; ++i) o.words.emplace_back(words[i]);
  texts t;

  CLI::App app{
      "muster trains and compares dispatchers of requests in an edge-cloud system.\n"
      "Start with:  muster compare --pipelines kmps,idle_first,random --out results"};
  app.name("muster");
  app.set_version_flag("--version", "muster " MUSTER_VERSION_STRING);
  app.require_subcommand(1);
  // A flag given twice: the last one counts, so that a script's defaults can be overridden.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);

  app.add_subcommand("list", "Names and describes the pipelines");
  CLI::App* train = app.add_subcommand("train", "Trains what learns and keeps the models");
  CLI::App* compare =
      app.add_subcommand("compare", "Trains what learns, then tests all on the same unseen part");
  CLI::App* map = app.add_subcommand(
      "map", "Shows where fixed rules fall short of the bound, over rates and deadline scales");
  CLI::App* replay = app.add_subcommand("replay", "Runs one pipeline and prints what happens");
  CLI::App* bench =
      app.add_subcommand("bench-decision", "Times single decisions over the number of targets");

  for (CLI::App* c : {train, compare}) {
    add_pipelines(*c, t);
    add_load(*c, t, o);
    c->add_option("--episodes", t.episodes, "training episodes (40)")->type_name("N");
    add_runs(*c, t, o);
  }
  train->add_option("--model", o.model, "also write the model of the first seed here")
      ->type_name("FILE");
  compare->add_option("--model", o.model, "take this trained model instead of training")
      ->type_name("FILE");
  add_pipelines(*map, t);
  add_load(*map, t, o);
  add_runs(*map, t, o);
  map->add_option("--rates", t.map_rates, "columns of the map (50,100,200,300,450,600)")
      ->delimiter(',')
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("R,...");
  map->add_option("--deadline-scales", t.map_scales, "rows of the map (0.02,0.05,0.1,0.2,0.5,1)")
      ->delimiter(',')
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("K,...");
  replay->add_option("--pipeline", t.pipeline, "which one (greedy)")->type_name("NAME");
  add_load(*replay, t, o);
  replay->add_option("--model", o.model, "trained model for a pipeline that learns")
      ->type_name("FILE");
  replay->add_flag("--decisions", o.decisions, "one line per decision instead of one per slot");
  replay->add_option("--lines", t.lines, "print at most so many lines, 0 for all (0)")
      ->type_name("N");
  CLI::App* experiment = app.add_subcommand(
      "experiment", "Makes the figures of a paper again and says whether its claims hold");
  experiment->add_option("paper", o.family, "which paper: kmps, pfrl-dm")->type_name("PAPER");
  experiment->add_option("figure", o.figures, "which figures, or all (none: lists them)")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("FIGURE...");
  add_traces(*experiment, t, o);
  experiment->add_flag("--quick", o.quick, "few seeds and short trainings: minutes, not hours");
  experiment
      ->add_option("--seeds", t.seeds,
                   "runs per contender, each with a seed of its own, instead of each figure's own")
      ->type_name("N");
  experiment->add_option("--seed", t.seed, "the first seed (1)")->type_name("S");
  experiment->add_option("--episodes", t.episodes, "training episodes instead of each figure's own")
      ->type_name("N");
  experiment
      ->add_option("--slots", t.slots, "slots of 0.25 s per episode instead of each figure's own")
      ->type_name("N");
  experiment
      ->add_option("--data", o.data,
                   "folder of real traces, for the experiments that need several of them")
      ->type_name("DIR");
  add_folder(*experiment, t, o);
  experiment
      ->add_option("--write-docs", o.docs,
                   "also renew the page reproduction-PAPER.md in this folder")
      ->type_name("DIR");
  add_pipelines(*bench, t);
  bench->add_option("--seed", t.seed, "seed of the workload (1)")->type_name("S");

  try {
    app.parse(count, words);
  } catch (const CLI::CallForHelp&) {
    CLI::App* asked = &app;
    for (CLI::App* sub : app.get_subcommands()) asked = sub;
    result.text = asked->help("muster");
    return result;
  } catch (const CLI::CallForVersion& version) {
    result.text = std::string{version.what()} + "\n";
    return result;
  } catch (const CLI::ParseError& e) {
    result.exit_code = 2;
    result.text = say(e, app, o.words);
    return result;
  }
  if (*train) o.what = command::train;
  if (*compare) o.what = command::compare;
  if (*map) o.what = command::map;
  if (*replay) o.what = command::replay;
  if (*bench) o.what = command::bench_decision;
  if (*experiment) o.what = command::experiment;

  if (auto e = read_values(t, o)) {
    result.exit_code = 2;
    result.text = e->to_string();
    return result;
  }
  o.pipelines = t.pipelines;
  if (!t.pipeline.empty()) o.pipelines.push_back(t.pipeline);
  o.traces = t.traces;
  for (std::string& word : o.words) word = shell_word(word);
  result.run = true;
  return result;
}

}  // namespace cli
