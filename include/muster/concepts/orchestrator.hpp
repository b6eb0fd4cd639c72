// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include <muster/concepts/frame_view.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI {

/// Decides at the start of each frame which replicas come and go.
///
/// Syntax (checked here)   `o.plan(view, rng)` -> changes, valid until the next call
/// Meaning
///   - targets and services are in range; a change that memory forbids is refused by the
///     environment, a removal of a busy replica waits until it is idle;
///   - the same view, state and random stream give the same plan;
///   - never throws; allocates nothing once warm.
template <class O>
concept orchestrator = std::movable<O> && requires(O& o, const frame_view& view, rng& random) {
  { o.plan(view, random) } -> std::convertible_to<std::span<const replica_change>>;
};

/// An orchestrator with memory that an episode must not inherit.
template <class O>
concept resettable_orchestrator = orchestrator<O> && requires(O& o) {
  o.reset();
};

/// An orchestrator that learns from whole episodes, several side by side.
///
/// Syntax   `prepare(lanes)`, then in each lane `explore(lane, view, rng)` at every frame and
///          `finish(lane, view)` at the end; `update(rng)` learns from all lanes and forgets
///          them; `add_to(checkpoint)` names what must be kept.
/// Meaning  `explore` is `plan` for training: it draws its actions, and learns at the next frame
///          (or from `finish`) what they were worth. `update` returns statistics.
template <class O>
concept learning_orchestrator = orchestrator<O> &&
    requires(O& o, std::size_t lane, const frame_view& view, rng& random) {
  o.prepare(lane);
  { o.explore(lane, view, random) } -> std::convertible_to<std::span<const replica_change>>;
  o.finish(lane, view);
  o.update(random);
};

namespace slot {
struct orchestrator_tag;
/// Fills the role "which replicas run where" of a pipeline.
template <muster::orchestrator O>
struct orchestrator {
  using slot = orchestrator_tag;
  using type = O;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
