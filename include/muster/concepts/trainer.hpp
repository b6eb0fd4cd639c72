// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI {

/// Says by which algorithm a pipeline learns, whatever its actor and critic are.
///
/// Syntax    `T::config`, an aggregate of numbers that has at least gamma (per slot), copies
///           (environments that collect side by side) and samples (decisions kept per round);
///           `T::template learner<Actor, Critic>`, constructed from (learner config, rng&), with
///           policy(), values(), next_values(), update(batch, rng&) and add_to(checkpoint), as in
///           rl/ppo.hpp; `T::template learner_config<Learner>(config, actor config, critic
///           config)` -> config of that learner. Optional `T::local_critic` = true: the critic
///           reads what the actor reads, not the state of the whole system
template <class T>
concept trainer = std::movable<T> && std::default_initializable<typename T::config>;

namespace slot {
struct trainer_tag;
/// Fills the role "how a pipeline learns".
template <muster::trainer T>
struct trainer {
  using slot = trainer_tag;
  using type = T;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
