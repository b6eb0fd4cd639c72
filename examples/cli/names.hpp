// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// Those of `known` that a person may have meant by `name`, nearest first, at most three.
[[nodiscard]] std::vector<std::string> close_names(std::string_view name,
                                                   const std::vector<std::string>& known);

/// "a", "a or b", "a, b or c".
[[nodiscard]] std::string any_of(const std::vector<std::string>& names);

}  // namespace cli
