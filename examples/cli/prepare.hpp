// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <muster/core/result.hpp>

#include "options.hpp"
#include "summary.hpp"
#include "workload.hpp"

namespace cli {

/// Says what is wrong on stderr, in one line; the exit code for bad input.
int refuse(const muster::error& e);

/// What will be run, for the mark of the folder and the report.
[[nodiscard]] run_spec spec_of(const options& o, const char* command,
                               std::vector<std::string> pipelines, const source& s);

/// The pipelines asked for; if none, the default ones; the bound always goes with rules.
[[nodiscard]] muster::result<std::vector<std::string>> pipelines_of(
    const options& o, const std::vector<std::string>& by_default, bool with_bound);

/// The first `seeds` seeds, and nothing that overflows.
[[nodiscard]] std::vector<std::uint64_t> seeds_of(const options& o);

/// Ends an interrupted command: what is kept and how to go on.
int say_interrupted(const options& o, std::size_t finished, std::size_t all,
                    const char* of = "runs");

}  // namespace cli
