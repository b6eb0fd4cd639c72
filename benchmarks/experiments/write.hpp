// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <muster/core/result.hpp>

#include "experiments/experiment.hpp"
#include "experiments/judge.hpp"
#include "experiments/store.hpp"

namespace experiments {

/// Everything that one figure leaves in the folder.
struct finished {
  const experiment* what = nullptr;
  effort how_much;
  const results* runs = nullptr;
  verdict judged;
  std::string command_line;
  std::string traces;  ///< in words, for the page
};

/// All repeatable numbers in long form: the same seeds give the same bytes.
[[nodiscard]] std::string data_csv(const finished& f);
/// The same for what a clock measured.
[[nodiscard]] std::string timings_csv(const finished& f);
/// What was run, every scenario in full, and what came out.
[[nodiscard]] std::string document_json(const finished& f);
/// The section of the page of results.
[[nodiscard]] std::string section_md(const finished& f);

/// Writes figNN.csv, figNN.json, figNN.md and the pictures; `problem` says why pictures are
/// missing.
[[nodiscard]] muster::result<void> write(const finished& f, const store& files,
                                         std::string& problem);

}  // namespace experiments
