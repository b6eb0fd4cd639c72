// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <muster/core/result.hpp>

#include "evaluate.hpp"
#include "run_record.hpp"

namespace cli {

/// A training that can be interrupted and gone on with.
struct training_files {
  std::string model;    ///< written every few episodes, and at the end
  std::string curve;    ///< the episodes so far, beside it
  bool resume = false;  ///< take up what lies there
};

/// Trains `l` until `episodes` episodes are done, keeping its state in `files`; the whole curve,
/// earlier episodes included, is put into `curve`. `told(done, fresh)` hears after each episode
/// (and once after taking up an old state, with fresh = false). False: it was interrupted, and the
/// state is saved.
[[nodiscard]] muster::result<bool> train_and_keep(
    learner& l, const learner::workloads& make, std::uint64_t episodes, const training_files& files,
    std::vector<training_point>& curve,
    const std::function<void(std::uint64_t done, bool fresh)>& told);

}  // namespace cli
