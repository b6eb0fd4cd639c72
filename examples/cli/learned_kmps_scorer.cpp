// SPDX-License-Identifier: Apache-2.0
#include "learned.hpp"
#include "learners.hpp"

namespace cli {

std::unique_ptr<learner> make_kmps_scorer(const muster::env::edge_cloud_config& system,
                                          std::uint64_t seed) {
  return std::make_unique<learned<muster::kmps::scoring>>(system, seed);
}

}  // namespace cli
