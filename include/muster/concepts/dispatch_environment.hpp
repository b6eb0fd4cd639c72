// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>

#include <muster/concepts/dispatch_view.hpp>
#include <muster/concepts/frame_view.hpp>

namespace muster::inline MUSTER_ABI {

/// What an environment with frames asks for next.
enum class decision_kind : std::uint8_t {
  over,         ///< nothing: the episode has ended
  dispatch,     ///< where a request shall run
  orchestrate,  ///< which replicas shall come and go
};

/// A world that asks where each request shall run, one question at a time.
///
/// Syntax (checked here)   `e.next_decision(view)` -> bool, `e.dispatch(target)`, `e.reset()`
/// Meaning
///   - `next_decision` runs time on until a request must be placed, fills `view` and returns
///     true; or returns false when the episode is over;
///   - every true is answered by one `dispatch(k)`, k < view.size(), view.valid(k) or the cloud;
///   - the same workload and the same answers give the same episode.
template <class E>
concept dispatch_environment = std::movable<E> &&
    requires(E& e, dispatch_view& view, std::uint32_t target) {
  { e.next_decision(view) } -> std::same_as<bool>;
  e.dispatch(target);
  e.reset();
};

/// A dispatch environment that also asks, at the start of each frame, which replicas to have.
///
/// Syntax (checked here)   `e.next(view)` -> decision_kind, `e.frame()`, `e.scale(change)`
/// Meaning
///   - `orchestrate` is answered by any number of `scale`, after a look at `frame()`; what
///     `next` then asks already sees the replicas that are ready at once;
///   - after `over`, `frame()` says what happened since the last frame;
///   - `next_decision` passes over frames.
template <class E>
concept orchestration_environment = dispatch_environment<E> &&
    requires(E& e, dispatch_view& view, const replica_change& change) {
  { e.next(view) } -> std::same_as<decision_kind>;
  { e.frame() } -> std::same_as<const frame_view&>;
  e.scale(change);
};

}  // namespace muster::inline MUSTER_ABI
