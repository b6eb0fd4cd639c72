// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "summary.hpp"

namespace cli {

/// One picture of the report, before it is drawn.
struct figure {
  std::string name;     ///< of its files: learning, throughput, ...
  std::string title;    ///< heading in the report
  std::string caption;  ///< what to see in it, one or two sentences
  std::string script;   ///< gnuplot; draws into <name>.svg in the folder it is run in
};

/// All figures that these results have data for.
[[nodiscard]] std::vector<figure> make_figures(const summary& s);

/// Number of a pipeline's colour: the same in all figures; -1 for the bound.
[[nodiscard]] int style_of(const summary& s, const std::string& pipeline);

/// Runs gnuplot on each script inside `folder` (which gets <name>.gp and <name>.svg); returns
/// the SVG of each, empty where that failed. `problem` says why, or stays empty.
[[nodiscard]] std::vector<std::string> draw(const std::vector<figure>& figures,
                                            const std::string& folder, std::string& problem);

}  // namespace cli
