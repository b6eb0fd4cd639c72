// SPDX-License-Identifier: Apache-2.0
#include <muster/pfrl_dm/mfpo.hpp>

#include "experiments/pfrl_dm/method_of.hpp"

namespace experiments::pfrl_dm {

std::unique_ptr<method> make_mfpo(std::string_view name, method::setup& s) {
  if (name != "mfpo") return nullptr;
  auto c = muster::pfrl_dm::mfpo_config(s.seed);
  c.client.episodes = s.episodes_per_round;
  c.threads = s.threads;
  c.client.learner.actor_rate *= s.rates;
  c.client.learner.critic_rate *= s.rates;
  return std::make_unique<method_of<muster::pfrl_dm::mfpo>>(std::move(c), std::move(s.members));
}

}  // namespace experiments::pfrl_dm
