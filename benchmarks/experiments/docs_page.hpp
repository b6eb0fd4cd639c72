// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <muster/core/result.hpp>

#include "experiments/experiment.hpp"
#include "experiments/store.hpp"

namespace experiments {

/// Whether DIR/reproduction-PAPER.md has a place for results.
[[nodiscard]] muster::result<void> check_page(const std::string& paper, const std::string& folder);

/// Puts the verdicts, sections and pictures of all figures that `files` has into the page
/// DIR/reproduction-PAPER.md, between its two markers; the rest of the page stays as it is.
[[nodiscard]] muster::result<void> write_page(const std::string& paper,
                                              const std::vector<experiment>& figures,
                                              const store& files, const std::string& folder);

}  // namespace experiments
