// SPDX-License-Identifier: Apache-2.0
#include "experiments/pfrl_dm/method_of.hpp"

namespace experiments::pfrl_dm {

namespace slot = muster::slot;
using namespace muster::pfrl_dm;

std::unique_ptr<method> make_pfrl_dm(std::string_view name, method::setup& s) {
  if (name == "pfrl_dm") return made<pipeline<>>(s);
  if (name == "pfrl_dm_keep_local") {
    return made<pipeline<slot::exchange<public_critic<keep_local>>>>(s);
  }
  if (name == "pfrl_dm_sure") {  // eq. 15 on losses of normalised values hardly chooses
    auto c = config_for<pipeline<>>(s);
    c.client.learner.critic.mix.temperature = 0.01;
    return std::make_unique<method_of<pipeline<>>>(std::move(c), std::move(s.members));
  }
  if (name == "pfrl_dm_policy") {
    return made<pipeline<slot::exchange<with_policy<public_critic<>>>>>(s);
  }
  if (name == "pfrl_dm_immediate") return made<pipeline<slot::advantage<immediate_reward>>>(s);
  if (name == "pfrl_dm_literal") return made<faithful>(s);
  return nullptr;
}

}  // namespace experiments::pfrl_dm
