// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <muster/core/result.hpp>

#include "cli/workload.hpp"
#include "experiments/experiment.hpp"
#include "experiments/store.hpp"

namespace experiments {

/// What all runs of a command share.
struct run_context {
  const cli::source* traces = nullptr;
  const store* files = nullptr;
  std::uint64_t first_seed = 1;
  std::uint64_t threads = 1;
  std::string data;  ///< folder of real traces; empty: none
};

/// Runs what the store does not have yet, all arms and settings of a seed on the same requests.
/// Nothing if it was interrupted; what is finished is kept. An episode that loses or invents a
/// request is a failure.
[[nodiscard]] muster::result<std::optional<results>> run(const experiment& e,
                                                         const effort& how_much,
                                                         const run_context& context);

}  // namespace experiments
