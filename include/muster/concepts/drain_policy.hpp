// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI {

/// Decides how many waiting requests an access point may place in one slot.
///
/// Syntax (checked here)   `d.count(waiting)` -> how many, at most `waiting`
/// Meaning
///   - called at the start of a slot with the length of the queue;
///   - the same length gives the same count; never allocates, never throws.
// clang-format off
template <class D>
concept drain_policy = std::movable<D> && requires(const D& d, std::size_t waiting) {
  { d.count(waiting) } noexcept -> std::same_as<std::size_t>;
};
// clang-format on

namespace slot {
struct drain_tag;
/// Fills the role "how many requests leave an access point per slot" of a pipeline.
template <drain_policy D>
struct drain {
  using slot = drain_tag;
  using type = D;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
