// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>

#include <muster/concepts/dispatch_view.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI {

/// Decides where one request runs.
///
/// Syntax (checked here)   `d.choose(view, rng)` -> target number in the frame of the view
/// Meaning
///   - the result k is below `view.size()` and `view.valid(k)`, unless no target is valid:
///     then it is the cloud;
///   - the same view, state and random stream give the same answer; ties are documented;
///   - never allocates once warm, never throws.
///
/// `choose` may change the dispatcher (a counter, a cache, a workspace), so each run has its own.
/// A dispatcher that keeps state between decisions offers `reset()`, called before an episode.
template <class D>
concept dispatcher = std::movable<D> && requires(D& d, const dispatch_view& view, rng& random) {
  { d.choose(view, random) } -> std::same_as<std::uint32_t>;
};

/// A dispatcher with memory that an episode must not inherit.
template <class D>
concept resettable_dispatcher = dispatcher<D> && requires(D& d) {
  d.reset();
};

namespace slot {
struct dispatcher_tag;
/// Fills the role "where requests run" of an episode or pipeline.
template <muster::dispatcher D>
struct dispatcher {
  using slot = dispatcher_tag;
  using type = D;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
