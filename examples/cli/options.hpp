// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <muster/core/result.hpp>

namespace cli {

enum class command { list, train, compare, map, replay, bench_decision, experiment };

/// What the person asked for, checked as far as it can be without opening a file.
struct options {
  command what = command::list;
  std::vector<std::string> pipelines;  ///< names as given; empty = the default of the command
  std::vector<std::string> traces;     ///< paths; empty = the embedded synthetic workload
  double rate = 300.0;                 ///< requests/s over all access points; > 0
  double surge = 5.0;                  ///< factor on the rate inside the surge; >= 1
  double deadline_scale = 1.0;         ///< factor on each request's allowance; > 0
  std::uint64_t slots = 480;           ///< length of an episode in units of 0.25 s; >= 8
  std::uint64_t nodes = 6;             ///< per cluster; >= 1
  double frame = 25.0;                 ///< s between two orchestrations; 0 = replicas stay
  double long_slot = 2.0;              ///< s between two passes for urgent requests; 0 = none
  std::uint64_t episodes = 40;         ///< training episodes; >= 1
  std::uint64_t seeds = 5;             ///< runs per pipeline; >= 1
  std::uint64_t seed = 1;              ///< the first seed
  std::uint64_t threads = 1;           ///< runs at a time; >= 1
  std::string model;                   ///< checkpoint to load (train: to write); empty = none
  std::string out = "muster-out";      ///< folder of the results
  std::string bad_rows = "fail";       ///< fail, skip or repair
  bool resume = false;                 ///< go on with the runs that --out already has
  bool overwrite = false;              ///< write into --out although it has something else
  bool decisions = false;              ///< replay: one line per decision, not per slot
  std::uint64_t lines = 0;             ///< replay: stop printing after so many; 0 = all
  std::vector<double> map_rates;       ///< map: columns
  std::vector<double> map_scales;      ///< map: rows
  std::string family;                  ///< experiment: which paper
  std::vector<std::string> figures;    ///< experiment: as given; empty = list them
  bool quick = false;                  ///< experiment: few seeds and short episodes
  bool slots_given = false, episodes_given = false, seeds_given = false;
  std::string data;                ///< experiment: folder of real traces; empty = none
  std::string docs;                ///< experiment: folder whose page is renewed; empty = none
  std::vector<std::string> words;  ///< the command line, for the report and for resuming
};

/// Either options to run with, or a text already meant for the person and an exit code.
struct parsed {
  bool run = false;
  options value;
  int exit_code = 0;
  std::string text;  ///< help on exit code 0, else one line that says what is wrong
};

[[nodiscard]] parsed parse(int count, char** words);

}  // namespace cli
