// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "evaluate.hpp"

namespace cli {

// One factory per learning pipeline, each in a source file of its own.
using learner_factory = std::unique_ptr<learner>(const learner_setup& setup);
learner_factory make_kmps;
learner_factory make_kmps_dual;
learner_factory make_kmps_edf;
learner_factory make_kmps_fifo;
learner_factory make_kmps_delay_greedy;
learner_factory make_kmps_scorer;
learner_factory make_kmps_two_scale;
learner_factory make_kmps_no_cross_cluster;
learner_factory make_kmps_dual_no_cross;
learner_factory make_kmps_no_gnn;
learner_factory make_kmps_joint_actor;
learner_factory make_kmps_plain_ppo;
learner_factory make_kmps_plain_ac;
learner_factory make_kmps_greedy_scaler;
learner_factory make_kmps_fixed;
learner_factory make_hpa;
learner_factory make_kmps_literal;
learner_factory make_kmps_released;
learner_factory make_kais;
learner_factory make_kais_cross;
learner_factory make_ppo;
learner_factory make_ac;
learner_factory make_ac_matched;
learner_factory make_ddpg;
learner_factory make_ddpg_matched;
learner_factory make_dqn;

}  // namespace cli
