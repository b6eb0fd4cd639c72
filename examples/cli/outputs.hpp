// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <muster/core/result.hpp>

#include "out_folder.hpp"
#include "summary.hpp"

namespace cli {

/// `metrics.csv`: every repeatable number, in long form. The same seeds give the same bytes.
[[nodiscard]] std::string metrics_csv(const summary& s);
/// `timings.csv`: the same form for what a clock measured.
[[nodiscard]] std::string timings_csv(const summary& s);
/// `timeline.json`: the schedule of one run, the first that kept one.
[[nodiscard]] std::string timeline_json(const summary& s);

/// Writes all result files and the report; says on stdout where it is, with the final table.
[[nodiscard]] muster::result<void> write_outputs(const summary& s, const out_folder& out);

}  // namespace cli
