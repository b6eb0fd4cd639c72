// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>

#include <muster/concepts/dispatch_view.hpp>

namespace muster::inline MUSTER_ABI {

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

}  // namespace muster::inline MUSTER_ABI
