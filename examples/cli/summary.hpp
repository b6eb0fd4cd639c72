// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <muster/stats/interval.hpp>

#include "run_record.hpp"

namespace cli {

/// What was run: enough to run it again.
struct run_spec {
  std::string command;  ///< compare, train, map
  std::vector<std::string> pipelines;
  std::vector<std::pair<std::string, std::string>> traces;  ///< path, digest; empty = synthetic
  double rate = 0.0, surge = 0.0, deadline_scale = 0.0;
  double surge_from = 0.0, surge_to = 0.0;  ///< parts of the horizon
  double train_fraction = 0.0;              ///< of each trace's rows
  std::uint64_t slots = 0, episodes = 0, seeds = 0, seed = 0;
  std::uint64_t nodes = 0;              ///< per cluster
  double frame = 0.0, long_slot = 0.0;  ///< s
  std::string bad_rows;
  std::pair<std::string, std::string> model;  ///< path, digest; empty = trained here
  std::vector<double> map_rates, map_scales;
  std::string version;
};

/// One metric of one pipeline over its seeds.
struct estimate {
  double mean = 0.0;                 ///< not a number where a seed has none
  muster::stats::interval interval;  ///< 95 %, BCa bootstrap of the mean
  std::vector<double> values;        ///< by seed
};

/// One pipeline over all its seeds.
struct pipeline_summary {
  std::string name;
  std::vector<std::pair<std::string, estimate>> metrics;  ///< timings included
  [[nodiscard]] const estimate* find(std::string_view metric) const noexcept;
  [[nodiscard]] double mean(std::string_view metric) const noexcept;
};

/// Two pipelines on the same workloads.
struct comparison {
  std::string metric, a, b;
  double mean_difference = 0.0;      ///< of a - b
  muster::stats::interval interval;  ///< 95 %, BCa bootstrap of it
  double p = 1.0;      ///< exact Wilcoxon signed-rank, two-sided, Holm over the metric's family
  double p_raw = 1.0;  ///< before Holm
  std::size_t pairs = 0;
};

/// One cell of the map of loads.
struct map_cell {
  double rate = 0.0, deadline_scale = 0.0;
  std::string best_rule;
  double best = 0.0;   ///< throughput of the best rule, mean over seeds
  double bound = 0.0;  ///< of clairvoyant, mean over seeds
};

struct summary {
  run_spec spec;
  std::string command_line;
  std::vector<run_record> runs;             ///< by pipeline as asked for, then seed
  std::vector<pipeline_summary> pipelines;  ///< as asked for
  std::vector<comparison> comparisons;
  std::vector<map_cell> map;  ///< row by row; empty unless a map was asked for
  std::vector<std::string> target_names;
  std::vector<std::string> notes;  ///< what a reader should know about the input
};

/// Fills `pipelines` and `comparisons` from `runs`. Every pipeline that learns is compared with
/// every other one; if none learns, the first one is.
void summarise(summary& s);

/// What the numbers mean, in sentences: first the answer, then what limits it.
[[nodiscard]] std::vector<std::string> verdict(const summary& s);

/// The final table for a terminal.
[[nodiscard]] std::string text_table(const summary& s);

}  // namespace cli
