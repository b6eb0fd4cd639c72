// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <muster/core/result.hpp>

#include "run_record.hpp"
#include "summary.hpp"

namespace cli {

/// A finished run as JSON, and back. Numbers survive exactly; the timeline is not kept.
[[nodiscard]] std::string to_json(const run_record& record);
[[nodiscard]] muster::result<run_record> run_from_json(const std::string& text,
                                                       const std::string& file);

/// The document `summary.json`.
[[nodiscard]] std::string summary_json(const summary& s);

/// What was run, without threads and folders: two equal texts mean the same results.
[[nodiscard]] std::string spec_json(const run_spec& spec);

/// The mark of a folder of ours, and how far its command came. The file also names the machine.
struct manifest {
  std::string spec;  ///< as spec_json gives it
  std::string command_line;
  bool complete = false;
};
[[nodiscard]] std::string to_json(const manifest& m);
[[nodiscard]] muster::result<manifest> manifest_from_json(const std::string& text,
                                                          const std::string& file);

/// Names of the fields in which two specs differ, each with both values; empty if none.
[[nodiscard]] std::string spec_difference(const std::string& before, const std::string& now);

}  // namespace cli
