// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "commands.hpp"
#include "experiments/catalogue.hpp"
#include "experiments/docs_page.hpp"
#include "experiments/judge.hpp"
#include "experiments/runner.hpp"
#include "experiments/store.hpp"
#include "experiments/write.hpp"
#include "interrupt.hpp"
#include "names.hpp"
#include "out_folder.hpp"
#include "prepare.hpp"
#include "workload.hpp"

namespace cli {
namespace {

void say(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

muster::error unknown(const char* what, const std::string& name,
                      const std::vector<std::string>& known) {
  const auto near = close_names(name, known);
  return {fmt::format("there is no {} '{}'", what, name), "", 0, "experiment",
          any_of(near.empty() ? known : near)};
}

experiments::effort effort_of(const experiments::experiment& e, const options& o) {
  experiments::effort much = o.quick ? e.quick : e.full;
  if (o.seeds_given) much.seeds = o.seeds;
  if (o.episodes_given) much.episodes = o.episodes;
  if (o.slots_given) {
    much.slots = o.slots;
    much.training_slots = std::min(much.training_slots, o.slots);
  }
  return much;
}

// In words: what the requests come from.
std::string words_for(const source& s) {
  if (s.names.empty()) return "embedded synthetic workload";
  std::string text = s.names.size() == 1 ? "trace" : "traces";
  for (std::size_t i = 0; i < s.names.size(); ++i) {
    const std::string& path = s.names[i].first;
    text += (i == 0 ? " " : ", ") + path.substr(path.rfind('/') + 1);
  }
  return text;
}

}  // namespace

int run_experiment(const options& o) {
  const std::vector<std::string> families = experiments::papers();
  if (o.family.empty()) {
    return refuse({"no paper is named", "", 0, "experiment", any_of(families)});
  }
  if (std::find(families.begin(), families.end(), o.family) == families.end()) {
    return refuse(unknown("paper", o.family, families));
  }
  const std::vector<experiments::experiment> all = experiments::experiments_of(o.family);
  std::vector<std::string> names;
  for (const auto& e : all) names.push_back(e.name);
  if (o.figures.empty()) {
    for (const auto& e : all) say(fmt::format("{:<10} {}\n", e.name, e.title));
    return exit_done;
  }
  names.emplace_back("all");
  std::vector<const experiments::experiment*> chosen;
  for (const std::string& name : o.figures) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return refuse(unknown("figure", name, names));
    }
    for (const auto& e : all) {
      if (e.needs_data && o.data.empty()) {
        if (name == e.name) {
          return refuse({"needs real traces", "", 0, name, "--data with the folder they are in"});
        }
        if (name == "all") say(fmt::format("{}: left out, it needs --data\n", e.name));
        continue;
      }
      if ((name == "all" || name == e.name) &&
          std::find(chosen.begin(), chosen.end(), &e) == chosen.end()) {
        chosen.push_back(&e);
      }
    }
  }

  auto traces = open_source(o);
  if (!traces) return refuse(traces.failure());
  std::string content;
  for (const auto& [path, hash] : traces->names) content += hash + ' ';
  // The longest workload of every figure is made once: what is wrong with a trace shows here.
  for (const auto* e : chosen) {
    if (e->run) continue;
    for (const rows part : {rows::training, rows::test}) {
      load l = e->load;
      l.slots = effort_of(*e, o).slots;
      if (auto w = make_workload(*traces, part, l, o.seed); !w) return refuse(w.failure());
    }
  }
  if (!o.docs.empty()) {
    if (auto ok = experiments::check_page(o.family, o.docs); !ok) return refuse(ok.failure());
  }
  auto files = experiments::store::check(o, content + o.bad_rows);
  if (!files) return refuse(files.failure());

  // From here on the input is good; what goes wrong now is the machine's.
  const auto fail = [](const muster::error& why) {
    refuse(why);
    return exit_failed;
  };
  if (auto ok = files->begin(); !ok) return fail(ok.failure());
  if (files->other_build()) {
    std::fputs(
        "muster: the runs that are resumed were made by another build of muster; leave out "
        "--resume to make them again\n",
        stderr);
  }
  const experiments::run_context context{&*traces, &*files, o.seed, o.threads, o.data};
  std::string problem;
  std::size_t finished = 0;
  for (const auto* e : chosen) {
    const experiments::effort much = effort_of(*e, o);
    auto runs = experiments::run(*e, much, context);
    if (!runs) return fail(runs.failure());
    if (!*runs) {
      return say_interrupted(o, finished, chosen.size(), "figures");
    }
    const experiments::finished f{
        e, much, &**runs, experiments::judge(*e, **runs), command_line(o), words_for(*traces)};
    if (auto ok = experiments::write(f, *files, problem); !ok) return fail(ok.failure());
    say(f.judged.line + '\n');
    ++finished;
  }
  if (!problem.empty()) std::fputs(fmt::format("muster: {}\n", problem).c_str(), stderr);
  if (!o.docs.empty()) {
    if (auto ok = experiments::write_page(o.family, all, *files, o.docs); !ok) {
      return fail(ok.failure());
    }
  }
  if (auto ok = files->complete(); !ok) return fail(ok.failure());
  say(fmt::format("\ndata, pictures and tables: {}\n", o.out));
  return exit_done;
}

}  // namespace cli
