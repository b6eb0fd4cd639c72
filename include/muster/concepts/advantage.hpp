// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI {

/// One or more episodes laid end to end, as an advantage estimator reads them.
///
/// All spans have the same length n; entry k belongs to the k-th decision.
struct trajectory_view {
  std::span<const float> rewards;  ///< reward between decision k and the next one
  std::span<const float> values;   ///< V(s_k), in units of reward
  std::span<const float>
      next_values;                   ///< V of the state after k; read only where discounts[k] != 0
  std::span<const float> discounts;  ///< gamma^elapsed until the next decision; 0 = terminated
  std::span<const std::uint8_t> ends;  ///< 1 where k is the last decision of its episode
};

/// Turns rewards and values into advantages and value targets.
///
/// Syntax (checked here)   `a.estimate(trajectory, advantages, targets)`
/// Meaning
///   - a terminated step (discount 0) sees no value beyond its reward; a truncated one (end
///     with discount > 0) is continued by its next value; neither looks past the end;
///   - targets[k] is what V(s_k) is regressed on, in units of reward;
///   - never allocates, never throws.
template <class A>
concept advantage_estimator = std::movable<A> &&
    requires(const A& a, const trajectory_view& t, std::span<float> advantages,
             std::span<float> targets) {
  { a.estimate(t, advantages, targets) }
  noexcept;
};

namespace slot {
struct advantage_tag;
/// Fills the role "how advantages are estimated" of a pipeline.
template <advantage_estimator A>
struct advantage {
  using slot = advantage_tag;
  using type = A;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
