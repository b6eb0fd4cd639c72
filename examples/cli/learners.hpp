// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "evaluate.hpp"

namespace cli {

// One factory per learning pipeline, each in a source file of its own.
using learner_factory = std::unique_ptr<learner>(const muster::env::edge_cloud_config& system,
                                                 std::uint64_t seed);
learner_factory make_kmps;
learner_factory make_kmps_edf;
learner_factory make_kmps_scorer;
learner_factory make_kmps_literal;

}  // namespace cli
