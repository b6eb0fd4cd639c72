// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "experiments/experiment.hpp"

namespace experiments {

/// The papers that experiments exist for.
[[nodiscard]] std::vector<std::string> papers();

/// All experiments of a paper, in the order of its figures; none for a paper that is not there.
[[nodiscard]] std::vector<experiment> experiments_of(std::string_view paper);

}  // namespace experiments
