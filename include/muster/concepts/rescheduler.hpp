// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>

#include <muster/concepts/dispatch_view.hpp>

namespace muster::inline MUSTER_ABI {

/// Decides in every long slot where an urgent request that waits at a target should wait instead.
///
/// Syntax (checked here)   `r.move(view, current)` -> target in the frame of the view
/// Meaning
///   - `view` is that of the request's access point, with the request taken off the books of
///     `current`, where it is; the answer `current` leaves it there;
///   - any other answer k has view.valid(k) or is the cloud;
///   - the same view gives the same answer; never allocates, never throws.
/// `R::moves` is false for a rescheduler that never moves anything, which then costs nothing.
// clang-format off
template <class R>
concept rescheduler = std::movable<R> &&
    requires(const R& r, const dispatch_view& view, std::uint32_t current) {
  { r.move(view, current) } noexcept -> std::same_as<std::uint32_t>;
  { R::moves } -> std::convertible_to<bool>;
};
// clang-format on

namespace slot {
struct rescheduler_tag;
/// Fills the role "what becomes of urgent requests" of a pipeline.
template <muster::rescheduler R>
struct rescheduler {
  using slot = rescheduler_tag;
  using type = R;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
