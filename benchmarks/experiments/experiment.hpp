// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/core/result.hpp>
#include <muster/env/edge_cloud_config.hpp>

#include "cli/figures.hpp"
#include "cli/run_record.hpp"
#include "cli/workload.hpp"

namespace experiments {

struct run_context;

/// Everything that decides what one run gives, apart from its seed. Equal scenarios are run once,
/// whoever asks for them.
struct scenario {
  std::string pipeline;                    ///< a name that `muster list` shows
  muster::env::edge_cloud_config system;   ///< of the test
  cli::load load;                          ///< of the test, on the test rows of the traces
  muster::env::edge_cloud_config trained;  ///< system of the training
  cli::load training;                      ///< on the training rows
  std::uint64_t episodes = 0;              ///< training episodes; 0 for what does not learn
  std::size_t window = 0;   ///< episodes an update learns from; 0 = as the pipeline has it
  double rates = 1.0;       ///< times the learning rates of dispatch that the pipeline has
  bool validation = false;  ///< the test is on training rows too, in an order of its own
  bool timed = false;       ///< single decisions are timed: runs alone

  /// Changes the system in training and test alike.
  template <class F>
  void systems(F&& change) {
    change(system);
    change(trained);
  }
};

/// One contender.
struct arm {
  std::string name;                         ///< in data and claims: short, no spaces
  std::string label;                        ///< in pictures
  std::string pipeline;                     ///< a name that `muster list` shows
  std::function<void(scenario&)> change{};  ///< what else makes it different, or nothing
};

/// One place on the x axis.
struct setting {
  std::string name;  ///< in data
  double x = 0.0;
  std::function<void(scenario&)> change{};  ///< or nothing
};

/// How much of an experiment is run.
struct effort {
  std::uint64_t seeds = 10;
  std::uint64_t episodes = 30;         ///< training episodes
  std::uint64_t training_slots = 160;  ///< of 0.25 s, per training episode
  std::uint64_t slots = 480;           ///< of 0.25 s, per test episode
};

/// The finished runs of an experiment.
class results {
 public:
  results(std::vector<std::string> arms, std::vector<std::string> settings,
          std::vector<std::uint64_t> seeds)
      : arms_{std::move(arms)}, settings_{std::move(settings)}, seeds_{std::move(seeds)} {
    runs_.resize(arms_.size() * settings_.size() * seeds_.size());
  }
  [[nodiscard]] std::span<const std::string> arms() const noexcept { return arms_; }
  [[nodiscard]] std::span<const std::string> settings() const noexcept { return settings_; }
  [[nodiscard]] std::span<const std::uint64_t> seeds() const noexcept { return seeds_; }
  [[nodiscard]] cli::run_record& at(std::size_t arm, std::size_t setting, std::size_t seed) {
    return runs_[(arm * settings_.size() + setting) * seeds_.size() + seed];
  }
  [[nodiscard]] const cli::run_record& at(std::size_t arm, std::size_t setting,
                                          std::size_t seed) const {
    return runs_[(arm * settings_.size() + setting) * seeds_.size() + seed];
  }
  /// By name; a name that an experiment does not have is a mistake in its declaration.
  [[nodiscard]] std::size_t arm(std::string_view name) const;
  [[nodiscard]] std::size_t setting(std::string_view name) const;

 private:
  std::vector<std::string> arms_, settings_;
  std::vector<std::uint64_t> seeds_;
  std::vector<cli::run_record> runs_;
};

/// A number for one seed, read off the finished runs.
using measure = std::function<double(const results&, std::size_t seed)>;

/// A metric of one arm, averaged over some settings (all if none is named).
[[nodiscard]] measure metric(std::string arm, std::string name,
                             std::vector<std::string> settings = {});
/// The same of whichever of `arms` has the highest mean over the seeds.
[[nodiscard]] measure closest(std::vector<std::string> arms, std::string name,
                              std::vector<std::string> settings = {});
/// The metric of one arm at the setting where its mean over the seeds is highest.
[[nodiscard]] measure at_best(std::string arm, std::string name);
/// A metric at one setting less the same at another: how much it grows.
[[nodiscard]] measure growth(std::string arm, std::string name, std::string from, std::string to);
/// Training episodes until the curve, smoothed over three episodes, has made 95 % of its rise
/// from the first to the mean of the last tenth, for good.
[[nodiscard]] measure episodes_to_plateau(std::string arm, std::string setting = {});
/// Standard deviation of the change from episode to episode in the second half of training.
[[nodiscard]] measure training_noise(std::string arm, std::string setting = {});
/// The highest of the training curve, smoothed over three episodes.
[[nodiscard]] measure training_peak(std::string arm, std::string setting = {});

/// A statement of the paper that a comparison of two measures can support or refute.
struct claim {
  enum class kind {
    above,     ///< a > b
    below,     ///< a < b
    at_least,  ///< b >= factor x a, in the mean: by how much a is below
    alike      ///< |a - b| below margin x |b|; held if the whole interval is
  };
  std::string text;  ///< "hybrid over delay-greedy", without numbers
  kind what = kind::above;
  measure a, b;
  std::string unit;   ///< "points" multiplies by 100 and is a difference of shares; else as is
  std::string paper;  ///< what the paper reports, in its numbers; "order only"
  double factor = 1.0;
  double margin = 0.05;
};

/// One picture.
struct chart {
  enum class kind { by_setting, learning, by_arm, boxes, over_time };
  kind what = kind::by_setting;
  std::string metric = "throughput";
  std::string x_label{}, y_label{};
  double scale = 1.0;                   ///< values are multiplied by it
  std::vector<std::string> settings{};  ///< by_setting: none means all
  std::string setting{};   ///< by_arm, boxes, learning and over_time: which one; empty: the first
  bool log_x = false;      ///< boxes: of the values
  bool log_y = false;      ///< learning: geometric means over the seeds; for values above 0
  bool from_zero = false;  ///< the y axis begins at 0
  std::string name{};      ///< added to the file name of all but the first picture
};

/// A figure of a paper and what it takes to make it again.
struct experiment {
  std::string name;      ///< fig07
  std::string title;     ///< what it is about, a few words
  std::string question;  ///< one or two sentences: what is run, what is varied
  std::vector<arm> arms;
  std::vector<setting> settings;
  cli::load load;        ///< test load, before settings change it; slots come from effort
  cli::load training{};  ///< training load; rate 0: the same as the test load
  effort full, quick;
  std::vector<claim> claims;       ///< the most important first: the one of the verdict line
  std::vector<chart> charts;       ///< the most important first
  std::vector<std::string> shown;  ///< metrics of the table of means, besides throughput
  bool timed = false;              ///< wall times: single-threaded, not repeatable
  std::string note{};              ///< what a reader must know about our choices
  std::string paper = "kmps";      ///< as the command names it
  std::string unit = "seed";       ///< what values are paired by; many are "seeds"
  bool needs_data = false;         ///< reads real traces from the folder of --data

  /// Where contenders are no pipelines of the edge cloud: what runs them instead of the runner,
  /// the effort in words, and pictures of other kinds than `charts` (put after those).
  std::function<muster::result<std::optional<results>>(const experiment&, const effort&,
                                                       const run_context&)>
      run{};
  std::function<std::string(const effort&)> effort_text{};
  std::function<std::vector<cli::figure>(const results&)> pictures{};
};

/// All arms x settings x seeds of an experiment, as scenarios.
[[nodiscard]] scenario scenario_of(const experiment& e, const effort& how_much, const arm& who,
                                   const setting& where);

/// The scenario as text: equal texts give equal runs. With training part only if `model`.
[[nodiscard]] std::string text_of(const scenario& s, bool model_only);

}  // namespace experiments
