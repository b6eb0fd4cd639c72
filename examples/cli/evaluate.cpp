// SPDX-License-Identifier: Apache-2.0
#include "evaluate.hpp"

#include <fmt/format.h>

#include "learners.hpp"

namespace cli {

muster::env::edge_cloud_config system_of(std::uint32_t nodes_per_cluster) {
  muster::env::edge_cloud_config c;
  c.clusters = access_points;
  c.nodes_per_cluster = nodes_per_cluster;
  return c;
}

std::vector<std::string> target_names(const muster::env::edge_cloud_config& c) {
  std::vector<std::string> names;
  for (std::uint32_t cluster = 0; cluster < c.clusters; ++cluster) {
    for (std::uint32_t node = 0; node < c.nodes_per_cluster; ++node) {
      names.push_back(fmt::format("{}.{}", cluster + 1, node + 1));
    }
  }
  names.emplace_back("cloud");
  return names;
}

std::unique_ptr<learner> make_learner(const std::string& pipeline,
                                      const muster::env::edge_cloud_config& system,
                                      std::uint64_t seed) {
  if (pipeline == "kmps_edf") return make_kmps_edf(system, seed);
  if (pipeline == "kmps_scorer") return make_kmps_scorer(system, seed);
  if (pipeline == "kmps_literal") return make_kmps_literal(system, seed);
  return make_kmps(system, seed);
}

}  // namespace cli
