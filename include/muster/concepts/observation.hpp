// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include <muster/concepts/dispatch_view.hpp>

namespace muster::inline MUSTER_ABI {

/// How many numbers describe the request and each target.
struct observation_layout {
  std::size_t request = 0;     ///< numbers about the request and its access point, first
  std::size_t per_target = 0;  ///< numbers about each target, in target order; may be 0
  std::size_t targets = 0;
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return request + per_target * targets;
  }
};

/// Turns what a dispatcher may look at into the input of a network.
///
/// Syntax (checked here)   `o.layout(nodes_per_cluster, targets, services)`, `o.encode(view, out)`
/// Meaning
///   - `out` has layout().size() entries, all of which are written, finite, of order 1;
///   - reads the view only, so that a decision needs nothing its access point does not know;
///   - never allocates, never throws.
// clang-format off
template <class O>
concept observation_encoder = std::movable<O> &&
    requires(const O& o, const dispatch_view& view, std::span<float> out, std::size_t n) {
  { o.layout(n, n, n) } noexcept -> std::same_as<observation_layout>;
  { o.encode(view, out) }
  noexcept;
};
// clang-format on

namespace slot {
struct observation_tag;
/// Fills the role "what an actor sees" of a pipeline.
template <observation_encoder O>
struct observation {
  using slot = observation_tag;
  using type = O;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
