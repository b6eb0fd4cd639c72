// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <muster/stats/interval.hpp>

#include "experiments/experiment.hpp"

namespace experiments {

/// What became of a claim.
enum class finding {
  held,       ///< as the paper says, and more than chance (p < 0.05 after Holm)
  undecided,  ///< as the paper says, but it may be chance
  refuted,    ///< not as the paper says
  unmeasured  ///< a run has no such number
};

struct judged_claim {
  const claim* what = nullptr;
  finding result = finding::unmeasured;
  double a = 0.0, b = 0.0;           ///< means over the seeds
  double difference = 0.0;           ///< mean of a - b
  muster::stats::interval interval;  ///< 95 %, BCa bootstrap of it
  double relative = 0.0;             ///< difference / size of b
  double p = 1.0;                    ///< exact Wilcoxon, two-sided, Holm within the figure
  bool tested = false;               ///< whether p means anything
  std::size_t pairs = 0;
};

struct verdict {
  std::vector<judged_claim> claims;
  std::string state;  ///< held, direction held, partly held (k of m), not held, not measured
  std::string line;   ///< one line: state, the first claim's gap, the paper's, p, n
};

/// Judges all claims of an experiment.
[[nodiscard]] verdict judge(const experiment& e, const results& r);

/// "+2.3 points (+2.9 %)", "-12.1 ms (-40 %)".
[[nodiscard]] std::string gap_text(const judged_claim& c);
[[nodiscard]] std::string p_text(const judged_claim& c);
[[nodiscard]] const char* word_for(finding f) noexcept;

}  // namespace experiments
