// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/concepts/dispatch_environment.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI {

/// What one step of an environment says beside the new observation.
struct step_outcome {
  float reward = 0.0F;      ///< of the agent; shared by all agents in a cooperative game
  bool terminated = false;  ///< the task itself is over: no reward can follow
  bool truncated = false;   ///< stopped from outside (time limit): more would have followed
  [[nodiscard]] constexpr bool done() const noexcept { return terminated || truncated; }
};

/// A world with one agent, real-valued observations and actions 0 .. action_count() - 1.
///
/// Syntax (checked here)   sizes, `reset`, `step`, `observe`
/// Meaning (checked by testing/laws/environment.hpp)
///   - the sizes never change; `observe` writes exactly observation_size() finite numbers and
///     has no side effect: it shows the state after the last `reset` or `step`;
///   - randomness comes from the argument only: equal generators give equal episodes;
///   - after a step that is done, `step` may be called only after `reset`;
///   - neither `step` nor `observe` allocates, nothing throws.
// clang-format off
template <class E>
concept environment = std::movable<E> &&
    requires(E& e, const E& c, std::uint32_t action, std::span<float> observation, rng& g) {
  { c.observation_size() } noexcept -> std::same_as<std::size_t>;
  { c.action_count() } noexcept -> std::same_as<std::size_t>;
  { e.reset(g) }
  noexcept;
  { e.step(action, g) } noexcept -> std::same_as<step_outcome>;
  { c.observe(observation) }
  noexcept;
};
// clang-format on

/// An environment in which some actions may be forbidden for the moment.
///   - `mask` writes action_count() entries, 1 = allowed, of which at least one is 1;
///   - `step` is called with allowed actions only.
template <class E>
concept masked_environment = environment<E> && requires(const E& c, std::span<std::uint8_t> mask) {
  { c.mask(mask) }
  noexcept;
};

/// Several agents that act at the same moment and share one reward.
///   - each agent has an observation of its own, `observe(agent, ...)`;
///   - `observe_state` writes what only the training may see: the whole state.
// clang-format off
template <class E>
concept cooperative_environment = std::movable<E> &&
    requires(E& e, const E& c, std::span<const std::uint32_t> actions, std::size_t agent,
             std::span<float> observation, rng& g) {
  { c.agent_count() } noexcept -> std::same_as<std::size_t>;
  { c.observation_size() } noexcept -> std::same_as<std::size_t>;
  { c.state_size() } noexcept -> std::same_as<std::size_t>;
  { c.action_count() } noexcept -> std::same_as<std::size_t>;
  { e.reset(g) }
  noexcept;
  { e.step(actions, g) } noexcept -> std::same_as<step_outcome>;
  { c.observe(agent, observation) }
  noexcept;
  { c.observe_state(observation) }
  noexcept;
};
// clang-format on

namespace slot {
struct environment_tag;
/// Fills the role "the world" of a pipeline.
template <class E>
requires(muster::environment<E> || muster::cooperative_environment<E> ||
         muster::dispatch_environment<E>) struct environment {
  using slot = environment_tag;
  using type = E;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
