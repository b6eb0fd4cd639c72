// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "figures.hpp"
#include "summary.hpp"

namespace cli {

/// The whole report as one page: no scripts, nothing loaded from elsewhere, light and dark.
/// `pictures[i]` is the SVG of `figures[i]` or empty; `problem` says why figures are missing.
[[nodiscard]] std::string report_html(const summary& s, const std::vector<figure>& figures,
                                      const std::vector<std::string>& pictures,
                                      const std::string& problem);

}  // namespace cli
