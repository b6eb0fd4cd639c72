// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/trainer.hpp>
#include <muster/kmps/trainer.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// PPO of a single agent: actor and critic see the same, what one access point knows.
///
/// Source    baseline 3 of KMPS IV-C.1, "the traditional PPO algorithm". With access points that
///           share their parameters, what is left of "multi-agent" is the critic's wider view; so
///           a single agent is PPO without it.
/// Against   shared_ppo: the critic's input, and nothing else.
class single_ppo : public shared_ppo {
 public:
  /// The critic reads the actor's observation, not the state of the whole system.
  static constexpr bool local_critic = true;
};

static_assert(trainer<single_ppo>);

}  // namespace muster::inline MUSTER_ABI::kmps
