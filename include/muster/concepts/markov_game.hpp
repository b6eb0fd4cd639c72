// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>

#include <muster/concepts/dispatch_environment.hpp>
#include <muster/concepts/observation.hpp>
#include <muster/concepts/reward_rule.hpp>

namespace muster::inline MUSTER_ABI {

/// Several players in one world, each with a view, choices and rewards of its own.
///
/// Source    M. Littman: Markov games as a framework for multi-agent reinforcement learning, 1994;
///           KMPS III-A.1, which writes the tuple as (B, S, A, P, U).
/// Parts     B   players: the access points, `e.access_points()`
///           S   states: the world's is the environment's; a player's own is what `Observation`
///               makes of the `dispatch_view` it gets, `layout(...).size()` numbers
///           A   actions: the targets, `view.size()` of them, those with `view.valid(k)` allowed
///           P   transition: `dispatch(k)`, then `next_decision` runs time on; it depends on the
///               state and the players' answers alone
///           U   rewards: `Reward::assign`, one per decision, to the player who took it
/// Turns     within a slot players are asked one after the other, yet they move at the same time:
///           none sees what another did in that slot.
template <class Environment, class Observation, class Reward>
concept markov_game = dispatch_environment<Environment> && observation_encoder<Observation> &&
    reward_rule_for<Reward, Environment> && requires(const Environment& e) {
  { e.access_points() } -> std::convertible_to<std::size_t>;
};

}  // namespace muster::inline MUSTER_ABI
