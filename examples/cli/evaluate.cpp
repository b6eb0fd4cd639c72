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

muster::env::edge_cloud_config system_of(const options& o) {
  muster::env::edge_cloud_config c = system_of(static_cast<std::uint32_t>(o.nodes));
  c.frame = muster::from_seconds(o.frame);
  c.long_slot = muster::from_seconds(o.long_slot);
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

namespace {

struct named_factory {
  const char* name;
  learner_factory* make;
};
constexpr named_factory factories[] = {
    {"kmps", make_kmps},
    {"kmps_dual", make_kmps_dual},
    {"kmps_edf", make_kmps_edf},
    {"kmps_fifo", make_kmps_fifo},
    {"kmps_delay_greedy", make_kmps_delay_greedy},
    {"kmps_scorer", make_kmps_scorer},
    {"kmps_two_scale", make_kmps_two_scale},
    {"kmps_no_cross_cluster", make_kmps_no_cross_cluster},
    {"kmps_dual_no_cross", make_kmps_dual_no_cross},
    {"kmps_no_gnn", make_kmps_no_gnn},
    {"kmps_joint_actor", make_kmps_joint_actor},
    {"kmps_plain_ppo", make_kmps_plain_ppo},
    {"kmps_plain_ac", make_kmps_plain_ac},
    {"kmps_greedy_scaler", make_kmps_greedy_scaler},
    {"kmps_fixed", make_kmps_fixed},
    {"hpa", make_hpa},
    {"kmps_literal", make_kmps_literal},
    {"kmps_released", make_kmps_released},
    {"kais", make_kais},
    {"kais_cross", make_kais_cross},
    {"ppo", make_ppo},
    {"ac", make_ac},
    {"ac_matched", make_ac_matched},
    {"ddpg", make_ddpg},
    {"ddpg_matched", make_ddpg_matched},
    {"dqn", make_dqn},
};

}  // namespace

std::unique_ptr<learner> make_learner(const std::string& pipeline, const learner_setup& setup) {
  for (const named_factory& f : factories) {
    if (pipeline == f.name) return f.make(setup);
  }
  MUSTER_EXPECTS(false,
                 "muster: cli::make_learner got a name that does not learn; check the registry");
  return {};
}

}  // namespace cli
