// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI {

/// Says when a training learns: between two episodes, or beside them on another thread.
///
/// Syntax    `B::config`, an aggregate of numbers; `B::template session<Learner, Advantage>`, made
///           for each training from (learner, advantage, actor config, config, shape of the
///           samples, random streams, number of the rounds so far), with
///             `sink()`      what the collector writes an episode to, with the verbs of rl::rollout
///             `policy()`    the actor that decides in the coming episode
///             `version()`   number of the newest round that this actor has learned from
///             `learn(round, rng)`  at the end of an episode; returns optional statistics
///             `settle()`    waits until the learner stands still, which lasts until `learn`
///             `finish()`    learns from what is left; then the learner is the caller's again
///             `dropped()`   decisions lost because nobody learned from them in time
///             `values_at_once`     whether the collector must ask the critic for V as it goes
/// Meaning   while a session lives, only its `policy()` may be asked for decisions, and the learner
///           looked at only where it stands still.
template <class B>
concept buffering = std::movable<B> && std::default_initializable<typename B::config>;

namespace slot {
struct buffering_tag;
/// Fills the role "when a pipeline learns".
template <muster::buffering B>
struct buffering {
  using slot = buffering_tag;
  using type = B;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
