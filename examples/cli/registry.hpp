// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/core/result.hpp>

namespace cli {

/// What a pipeline is, for lists, defaults and the report.
enum class kind { learned, rule, bound };

struct pipeline_info {
  std::string_view name;
  kind what = kind::rule;
  std::string_view description;
};

/// All pipelines, in the order in which lists and tables show them.
[[nodiscard]] std::span<const pipeline_info> pipelines() noexcept;

/// The pipeline of this name, or nothing.
[[nodiscard]] const pipeline_info* find_pipeline(std::string_view name) noexcept;

/// Checks names given by a person; the failure says which are near.
[[nodiscard]] muster::result<std::vector<std::string>> check_pipelines(
    const std::vector<std::string>& names, std::string_view flag);

}  // namespace cli
