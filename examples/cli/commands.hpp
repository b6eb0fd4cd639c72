// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "options.hpp"

namespace cli {

/// Exit codes: 0 done, 1 the machine refused (disk, memory), 2 bad input, 130 interrupted.
inline constexpr int exit_done = 0, exit_failed = 1, exit_bad_input = 2, exit_interrupted = 130;

int run_list();
/// `compare` and `train`: both train what learns and test it; `train` takes learners only.
int run_compare(const options& o);
int run_map(const options& o);
int run_replay(const options& o);
int run_bench_decision(const options& o);
/// `experiment`: figures of a paper, its claims judged.
int run_experiment(const options& o);

}  // namespace cli
