// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/figures.hpp"
#include "experiments/write.hpp"

namespace experiments {

/// The pictures that an experiment asks for, as gnuplot scripts; none without data.
[[nodiscard]] std::vector<cli::figure> pictures_of(const finished& f);

/// File name of a picture, without ending.
[[nodiscard]] std::string picture_name(const experiment& e, const chart& c);

/// A picture that stands alone and follows its reader from light to dark.
[[nodiscard]] std::string standalone(std::string_view svg, std::string_view name,
                                     std::string_view label);

}  // namespace experiments
