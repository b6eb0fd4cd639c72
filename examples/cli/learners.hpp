// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "evaluate.hpp"

namespace cli {

[[nodiscard]] std::unique_ptr<learner> make_kmps(const muster::env::edge_cloud_config& system,
                                                 std::uint64_t seed);
[[nodiscard]] std::unique_ptr<learner> make_kmps_literal(
    const muster::env::edge_cloud_config& system, std::uint64_t seed);

}  // namespace cli
