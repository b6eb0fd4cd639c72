// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "commands.hpp"
#include "evaluate.hpp"
#include "files.hpp"
#include "interrupt.hpp"
#include "out_folder.hpp"
#include "outputs.hpp"
#include "parallel.hpp"
#include "prepare.hpp"
#include "progress.hpp"
#include "registry.hpp"
#include "training.hpp"

namespace cli {
namespace {

constexpr double episode_units = 4.0;  // a training episode in units of a test, for the ETA
constexpr std::size_t timeline_limit = 60'000;

/// All runs of one command, and what they share.
class experiment {
 public:
  experiment(const options& o, source s, std::vector<std::string> pipelines)
      : options_{o},
        source_{std::move(s)},
        pipelines_{std::move(pipelines)},
        system_{system_of(o)} {
    // What learns takes longest, so it starts first; results are put back in order later.
    for (const kind wanted : {kind::learned, kind::rule, kind::bound}) {
      for (const std::string& name : pipelines_) {
        if (find_pipeline(name)->what != wanted) continue;
        for (const std::uint64_t seed : seeds_of(o)) {
          tasks_.push_back({name, seed, wanted, tasks_.empty()});
        }
      }
    }
    records_.resize(tasks_.size());
  }

  /// Everything that can be wrong with the input shows here; nothing is written.
  [[nodiscard]] muster::result<run_spec> check() {
    auto test = make_workload(source_, rows::test, load_of(options_), options_.seed);
    if (!test) return test.failure();
    auto training = make_workload(source_, rows::training, load_of(options_), options_.seed);
    if (!training) return training.failure();
    run_spec spec = spec_of(options_, options_.what == command::train ? "train" : "compare",
                            pipelines_, source_);
    if (loads_model()) {
      auto text = read_text(options_.model);
      if (!text) return text.failure();
      spec.model = {options_.model, fmt::format("{:016x}", digest(*text))};
      for (const task& t : tasks_) {
        if (t.what != kind::learned) continue;
        const auto l = make_learner(t.pipeline, {system_, t.seed});
        if (auto ok = l->load(options_.model); !ok) return ok.failure();
      }
    } else if (!options_.model.empty()) {
      std::error_code code;
      const auto folder = std::filesystem::path{options_.model}.parent_path();
      if (!folder.empty() && !std::filesystem::is_directory(folder, code)) {
        return muster::error{"has no such folder", options_.model, 0, "--model",
                             "a file in a folder that exists"};
      }
    }
    return spec;
  }

  /// Runs what is not there yet. True if all is there in the end.
  [[nodiscard]] muster::result<bool> run(const out_folder& out) {
    double units = 0.0;
    for (const task& t : tasks_) units += units_of(t);
    progress bar{units};
    parallel(tasks_.size(), options_.threads, [&](std::size_t i) {
      if (interrupted() || failed()) return;
      if (auto ok = run_one(i, out, bar); !ok) {
        const std::lock_guard lock{mutex_};
        if (!failure_) failure_ = ok.failure();
      }
    });
    bar.finish();
    if (failure_) return *failure_;
    return finished() == tasks_.size();
  }

  [[nodiscard]] std::size_t finished() const {
    return static_cast<std::size_t>(std::count_if(records_.begin(), records_.end(),
                                                  [](const auto& r) { return r.has_value(); }));
  }
  [[nodiscard]] std::size_t size() const { return tasks_.size(); }

  [[nodiscard]] summary results(run_spec spec) {
    summary s;
    s.spec = std::move(spec);
    s.command_line = command_line(options_);
    s.target_names = target_names(system_);
    s.notes = source_.notes;
    for (const std::string& name : pipelines_) {
      for (std::size_t i = 0; i < tasks_.size(); ++i) {
        if (tasks_[i].pipeline == name && records_[i]) s.runs.push_back(std::move(*records_[i]));
      }
    }
    summarise(s);
    return s;
  }

 private:
  struct task {
    std::string pipeline;
    std::uint64_t seed = 0;
    kind what = kind::rule;
    bool with_timeline = false;
  };

  [[nodiscard]] bool loads_model() const {
    return options_.what == command::compare && !options_.model.empty();
  }
  [[nodiscard]] bool trains(const task& t) const {
    return t.what == kind::learned && !loads_model();
  }
  [[nodiscard]] double units_of(const task& t) const {
    return 1.0 + (trains(t) ? episode_units * static_cast<double>(options_.episodes) : 0.0);
  }
  [[nodiscard]] bool failed() {
    const std::lock_guard lock{mutex_};
    return failure_.has_value();
  }

  [[nodiscard]] muster::result<void> run_one(std::size_t i, const out_folder& out, progress& bar) {
    const task& t = tasks_[i];
    auto before = out.load(t.pipeline, t.seed);
    if (!before) return before.failure();
    // The schedule of the timeline is not kept in files: that one test is made again.
    if (*before && !t.with_timeline) {
      records_[i] = std::move(**before);
      bar.skip(units_of(t));
      return {};
    }
    auto test = make_workload(source_, rows::test, load_of(options_), t.seed);
    if (!test) return test.failure();

    std::optional<run_record> record;
    if (t.what == kind::bound) {
      record = run_bound(system_, *test, t.seed);
    } else {
      muster::kmps::episode_options record_options;
      record_options.time_every = 16;
      if (t.with_timeline) record_options.timeline_limit = timeline_limit;
      std::vector<training_point> curve;
      const auto start = std::chrono::steady_clock::now();
      if (t.what == kind::rule) {
        record = make_record(t.pipeline, t.seed,
                             run_rule(t.pipeline, system_, *test, t.seed, record_options),
                             seconds_since(start));
      } else {
        const auto learner = make_learner(t.pipeline, {system_, t.seed});
        if (*before) {
          curve = (*before)->training;
          const std::string& model =
              loads_model() ? options_.model : out.model_path(t.pipeline, t.seed);
          if (auto ok = learner->load(model); !ok) return ok;
          bar.skip(units_of(t) - 1.0);
        } else if (loads_model()) {
          if (auto ok = learner->load(options_.model); !ok) return ok;
        } else {
          auto complete = train(*learner, t, out, curve, bar);
          if (!complete) return complete.failure();
          if (!*complete) return {};
        }
        const double training_seconds = seconds_since(start);
        const auto test_start = std::chrono::steady_clock::now();
        record =
            make_record(t.pipeline, t.seed, learner->evaluate(*test, t.seed, record_options, {}),
                        seconds_since(test_start));
        record->training = std::move(curve);
        if (trains(t) && !*before)
          record->timings.push_back({"training_seconds", training_seconds});
      }
    }
    if (*before) record->timings = (*before)->timings;
    if (auto ok = out.save(*record); !ok) return ok;
    records_[i] = std::move(record);
    bar.advance(1.0, fmt::format("tested {} (seed {})", t.pipeline, t.seed));
    return {};
  }

  /// False if it was interrupted; the state is saved then.
  [[nodiscard]] muster::result<bool> train(learner& l, const task& t, const out_folder& out,
                                           std::vector<training_point>& curve, progress& bar) {
    const training_files files{out.model_path(t.pipeline, t.seed),
                               out.partial_path(t.pipeline, t.seed), out.resuming()};
    const auto make = [&](std::uint64_t seed) {
      return make_workload(source_, rows::training, load_of(options_), seed);
    };
    return train_and_keep(
        l, make, options_.episodes, files, curve, [&](std::uint64_t done, bool fresh) {
          if (!fresh) {
            bar.skip(episode_units * static_cast<double>(done));
            return;
          }
          bar.advance(episode_units, fmt::format("training {} (seed {}), episode {} of {}",
                                                 t.pipeline, t.seed, done, options_.episodes));
        });
  }

  [[nodiscard]] static double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  options options_;
  source source_;
  std::vector<std::string> pipelines_;
  muster::env::edge_cloud_config system_;
  std::vector<task> tasks_;
  std::vector<std::optional<run_record>> records_;
  std::mutex mutex_;
  std::optional<muster::error> failure_;
};

}  // namespace

int run_compare(const options& o) {
  const bool only_learners = o.what == command::train;
  const std::vector<std::string> by_default =
      only_learners
          ? std::vector<std::string>{"kmps"}
          : std::vector<std::string>{"kmps",   "idle_first",  "least_queue", "power_of_two",
                                     "greedy", "edf_fastest", "random"};
  auto names = pipelines_of(o, by_default, !only_learners);
  if (!names) return refuse(names.failure());
  if (only_learners) {
    for (const std::string& name : *names) {
      if (find_pipeline(name)->what != kind::learned) {
        return refuse(
            {"'" + name + "' does not learn", "", 0, "--pipelines",
             "one that learns, such as kmps (compare runs all of them; see muster list)"});
      }
    }
  }
  auto traces = open_source(o);
  if (!traces) return refuse(traces.failure());
  experiment e{o, std::move(*traces), *names};
  auto spec = e.check();
  if (!spec) return refuse(spec.failure());
  auto out = out_folder::check(o, *spec);
  if (!out) return refuse(out.failure());

  // From here on the input is good; what goes wrong now is the machine's.
  const auto fail = [](const muster::error& why) {
    refuse(why);
    return exit_failed;
  };
  if (auto ok = out->begin(); !ok) return fail(ok.failure());
  auto complete = e.run(*out);
  if (!complete) return fail(complete.failure());
  if (!*complete) return say_interrupted(o, e.finished(), e.size());

  const summary s = e.results(std::move(*spec));
  if (auto ok = write_outputs(s, *out); !ok) return fail(ok.failure());
  if (only_learners && !o.model.empty()) {
    auto model = read_text(out->model_path(names->front(), o.seed));
    if (!model) return fail(model.failure());
    if (auto ok = write_file(o.model, *model); !ok) return fail(ok.failure());
  }
  if (auto ok = out->complete(); !ok) return fail(ok.failure());

  std::fputs(text_table(s).c_str(), stdout);
  std::fputs("\n", stdout);
  for (const std::string& line : verdict(s)) std::fputs((line + '\n').c_str(), stdout);
  std::fputs(fmt::format("\nreport: {}\n", out->path("report.html")).c_str(), stdout);
  return exit_done;
}

}  // namespace cli
