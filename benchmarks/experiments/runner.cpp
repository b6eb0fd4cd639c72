// SPDX-License-Identifier: Apache-2.0
#include "experiments/runner.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <numeric>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <muster/stats/quantile.hpp>

#include "cli/evaluate.hpp"
#include "cli/interrupt.hpp"
#include "cli/parallel.hpp"
#include "cli/progress.hpp"
#include "cli/registry.hpp"
#include "cli/training.hpp"

namespace experiments {
namespace {

constexpr double episode_units = 4.0;  // a training episode in units of a test, for the progress

struct cell {
  std::size_t arm = 0, setting = 0, seed = 0;
  scenario what;
  std::string key;
};

/// Cells that share a model, or a contender that needs none.
struct group {
  std::string model_key;
  std::uint64_t seed = 0;
  std::vector<cell> cells;
};

// Sums of so many consecutive decisions, as the papers plot them; microseconds.
void add_sums(cli::run_record& r, const char* what, std::size_t together,
              const std::vector<std::uint32_t>& ns) {
  std::vector<double> sums;
  for (std::size_t i = 0; i + together <= ns.size(); i += together) {
    double sum = 0.0;
    for (std::size_t k = i; k < i + together; ++k) sum += static_cast<double>(ns[k]);
    sums.push_back(sum * 1e-3);
  }
  if (sums.empty()) return;
  std::sort(sums.begin(), sums.end());
  for (const auto& [name, q] : {std::pair{"p50", 0.5}, std::pair{"p99", 0.99}}) {
    r.timings.push_back(
        {fmt::format("{}{}_us_{}", what, together, name), muster::stats::quantile_sorted(sums, q)});
  }
}

class runner {
 public:
  runner(const experiment& e, const effort& how_much, const run_context& context)
      : experiment_{e}, context_{context}, done_{make_results(e, how_much, context)} {
    std::map<std::string, std::size_t> place;
    for (std::size_t s = 0; s < done_.seeds().size(); ++s) {
      for (std::size_t a = 0; a < e.arms.size(); ++a) {
        for (std::size_t x = 0; x < e.settings.size(); ++x) {
          cell c{a, x, s, scenario_of(e, how_much, e.arms[a], e.settings[x]), ""};
          const std::uint64_t seed = done_.seeds()[s];
          c.key = context.files->key(c.what.pipeline, text_of(c.what, false), seed);
          const std::string model =
              context.files->key(c.what.pipeline, text_of(c.what, true), seed);
          const auto [at, fresh] = place.try_emplace(model, groups_.size());
          if (fresh) groups_.push_back({model, seed, {}});
          groups_[at->second].cells.push_back(std::move(c));
        }
      }
    }
    // What trains takes longest, so it starts first.
    std::stable_partition(groups_.begin(), groups_.end(),
                          [](const group& g) { return g.cells.front().what.episodes > 0; });
  }

  [[nodiscard]] muster::result<std::optional<results>> operator()() {
    double units = 0.0;
    for (const group& g : groups_) {
      units += static_cast<double>(g.cells.size()) +
               episode_units * static_cast<double>(g.cells.front().what.episodes);
    }
    cli::progress bar{units};
    cli::parallel(groups_.size(), experiment_.timed ? 1 : context_.threads, [&](std::size_t i) {
      if (cli::interrupted() || failed()) return;
      if (auto ok = run_group(groups_[i], bar); !ok) fail(ok.failure());
    });
    bar.finish();
    if (failure_) return *failure_;
    if (cli::interrupted()) return std::optional<results>{};
    return std::optional<results>{std::move(done_)};
  }

 private:
  static results make_results(const experiment& e, const effort& how_much,
                              const run_context& context) {
    std::vector<std::string> arms, settings;
    for (const arm& a : e.arms) arms.push_back(a.name);
    for (const setting& s : e.settings) settings.push_back(s.name);
    std::vector<std::uint64_t> seeds(how_much.seeds);
    std::iota(seeds.begin(), seeds.end(), context.first_seed);
    return {std::move(arms), std::move(settings), std::move(seeds)};
  }

  [[nodiscard]] bool failed() {
    const std::lock_guard lock{mutex_};
    return failure_.has_value();
  }
  void fail(const muster::error& why) {
    const std::lock_guard lock{mutex_};
    if (!failure_) failure_ = why;
  }

  [[nodiscard]] muster::result<void> run_group(group& g, cli::progress& bar) {
    const scenario& first = g.cells.front().what;
    const double training = episode_units * static_cast<double>(first.episodes);
    std::vector<cell*> missing;
    for (cell& c : g.cells) {
      auto kept = context_.files->load(c.key);
      if (!kept) return kept.failure();
      if (*kept) {
        place(c, std::move(**kept));
        bar.skip(1.0);
      } else {
        missing.push_back(&c);
      }
    }
    if (missing.empty()) {
      bar.skip(training);
      return {};
    }
    std::vector<cli::training_point> curve;
    if (first.episodes > 0) {
      auto complete = train(g, curve, bar);
      if (!complete) return complete.failure();
      if (!*complete) return {};
    }
    for (cell* c : missing) {
      if (cli::interrupted()) return {};
      // Two settings may come to the same scenario.
      auto twin = context_.files->load(c->key);
      if (!twin) return twin.failure();
      if (*twin) {
        bar.skip(1.0);
        place(*c, std::move(**twin));
        continue;
      }
      auto record = test(*c, g);
      if (!record) return record.failure();
      record->training = curve;
      if (auto ok = context_.files->save(c->key, *record); !ok) return ok;
      bar.advance(1.0, fmt::format("{}: tested {} at {} (seed {})", experiment_.name,
                                   experiment_.arms[c->arm].name,
                                   experiment_.settings[c->setting].name, g.seed));
      place(*c, std::move(*record));
    }
    return {};
  }

  [[nodiscard]] muster::result<bool> train(const group& g, std::vector<cli::training_point>& curve,
                                           cli::progress& bar) {
    const scenario& s = g.cells.front().what;
    const auto learner = cli::make_learner(s.pipeline, {s.trained, g.seed, s.window, s.rates});
    const cli::training_files files{context_.files->model_path(g.model_key),
                                    context_.files->curve_path(g.model_key), true};
    const auto make = [&](std::uint64_t seed) {
      return cli::make_workload(*context_.traces, cli::rows::training, s.training, seed);
    };
    return cli::train_and_keep(
        *learner, make, s.episodes, files, curve, [&](std::uint64_t done, bool fresh) {
          if (!fresh) {
            bar.skip(episode_units * static_cast<double>(done));
            return;
          }
          bar.advance(
              episode_units,
              fmt::format("{}: training {} (seed {}), episode {} of {}", experiment_.name,
                          experiment_.arms[g.cells.front().arm].name, g.seed, done, s.episodes));
        });
  }

  [[nodiscard]] muster::result<cli::run_record> test(const cell& c, const group& g) {
    const scenario& s = c.what;
    // Episodes of the training are drawn by seeds of 64 random bits, so this order is not theirs.
    const cli::rows which = s.validation ? cli::rows::training : cli::rows::test;
    auto w = cli::make_workload(*context_.traces, which, s.load, g.seed);
    if (!w) return w.failure();
    const cli::kind what = cli::find_pipeline(s.pipeline)->what;
    if (what == cli::kind::bound) return cli::run_bound(s.system, *w, g.seed);

    muster::kmps::episode_options options;
    options.time_every = s.timed ? 1 : 0;
    const auto start = std::chrono::steady_clock::now();
    cli::tested t;
    if (what == cli::kind::rule) {
      t = cli::run_rule(s.pipeline, s.system, *w, g.seed, options);
    } else {
      const auto learner = cli::make_learner(s.pipeline, {s.system, g.seed, s.window, s.rates});
      if (auto ok = learner->load(context_.files->model_path(g.model_key)); !ok) {
        return ok.failure();
      }
      t = learner->evaluate(*w, g.seed, options, {});
    }
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
    const muster::kmps::episode_result& e = t.episode;
    const bool left_over = e.waiting + e.running != 0 && s.system.finish_after_horizon;
    if (e.arrived != w->arrivals.size() || left_over ||
        e.arrived != e.done + e.missed + e.waiting + e.running) {
      return muster::error{
          fmt::format("{} at {} (seed {}) does not conserve requests: {} sent in, {} arrived, {} "
                      "on time, {} missed, {} waiting, {} running",
                      experiment_.arms[c.arm].name, experiment_.settings[c.setting].name, g.seed,
                      w->arrivals.size(), e.arrived, e.done, e.missed, e.waiting, e.running),
          "", 0, experiment_.name,
          "arrived = on time + missed, and nothing left over; this is a fault in muster"};
    }
    const std::vector<std::uint32_t> decisions = e.decision_ns, plans = t.plan_ns;
    cli::run_record r = cli::make_record(s.pipeline, g.seed, std::move(t), wall.count());
    add_sums(r, "decisions", 20, decisions);
    add_sums(r, "plans", 50, plans);
    return r;
  }

  void place(const cell& c, cli::run_record r) {
    done_.at(c.arm, c.setting, c.seed) = std::move(r);  // each cell is written by one thread
  }

  const experiment& experiment_;
  run_context context_;
  results done_;
  std::vector<group> groups_;
  std::mutex mutex_;
  std::optional<muster::error> failure_;
};

}  // namespace

muster::result<std::optional<results>> run(const experiment& e, const effort& how_much,
                                           const run_context& context) {
  return e.run ? e.run(e, how_much, context) : runner{e, how_much, context}();
}

}  // namespace experiments
