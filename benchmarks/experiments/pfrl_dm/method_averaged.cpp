// SPDX-License-Identifier: Apache-2.0
#include <muster/federated/aggregators/focused_mean.hpp>

#include "experiments/pfrl_dm/method_of.hpp"

namespace experiments::pfrl_dm {

namespace slot = muster::slot;
namespace federated = muster::federated;
using namespace muster::pfrl_dm;

std::unique_ptr<method> make_averaged(std::string_view name, method::setup& s) {
  if (name == "fed_avg") return made<fed_avg>(s);
  if (name == "public_mean") {  // two critics, one of them averaged: PFRL-DM without attention
    return made<pipeline<slot::aggregator<federated::weighted_mean>>>(s);
  }
  if (name == "focused") {
    using focused =
        pipeline<slot::learner<single_critic_ppo>, slot::exchange<actor_and_critic>,
                 slot::aggregator<federated::focused_mean>, slot::round_rule<federated::everyone>>;
    auto c = config_for<focused>(s);
    // The paper gives no weights: three times as much as to each other.
    c.aggregator.focuses = {{muster::client_id{static_cast<std::uint32_t>(s.focus_of)},
                             muster::client_id{static_cast<std::uint32_t>(s.focus_on)}, 3.0}};
    return std::make_unique<method_of<focused>>(std::move(c), std::move(s.members));
  }
  return nullptr;
}

}  // namespace experiments::pfrl_dm
