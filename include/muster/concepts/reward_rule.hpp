// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI {

/// One decision of a finished episode, as a reward rule sees it.
struct placed {
  std::uint32_t request = 0;       ///< number in the environment
  std::uint32_t access_point = 0;  ///< who decided
  std::uint32_t bin = 0;           ///< slot of the decision
  float overload = 0.0F;           ///< mean excess of the targets' use over the limit, then
};

/// Says what each decision of an episode was worth, once the episode is over.
///
/// Rewards are given in hindsight, because what a placement was worth is known when its answer
/// is back, many decisions later.
///
/// Syntax (checked here)   `r.assign(environment, decisions, rewards)`
/// Meaning
///   - `decisions` are in the order in which they were made; adds to `rewards[i]` what decision
///     i is worth; the same episode gives the same rewards;
///   - `R::self_contained` says whether a reward holds all that its decision causes: then
///     decisions are not chained, otherwise what follows counts too, discounted.
template <class R, class Environment>
concept reward_rule_for = std::movable<R> &&
    requires(const R& r, const Environment& e, std::span<const placed> decisions,
             std::span<float> rewards) {
  r.assign(e, decisions, rewards);
  { R::self_contained } -> std::convertible_to<bool>;
};

namespace slot {
struct reward_tag;
/// Fills the role "what decisions are worth" of a pipeline.
template <std::movable R>
struct reward {
  using slot = reward_tag;
  using type = R;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
