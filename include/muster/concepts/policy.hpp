// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI {

/// Chooses an action from what it sees.
///
/// Syntax (checked here)   `p.act(observation, mask, g)` -> index of an action
/// Meaning (checked by testing/laws/policy.hpp)
///   - the mask has one entry per action, 1 = allowed, at least one of them 1; the answer is
///     an allowed index. An empty mask allows everything;
///   - equal arguments (the generator's state included) give equal answers;
///   - does not allocate once warm, throws nothing.
template <class P>
concept policy = std::movable<P> &&
    requires(P& p, std::span<const float> observation, std::span<const std::uint8_t> mask, rng& g) {
  { p.act(observation, mask, g) } -> std::same_as<std::uint32_t>;
};

/// Turns the raw outputs of a network into a distribution over actions.
///
/// Two forms of one function, which agree: `probabilities` for acting, on plain memory of the
/// backend, and `log_probs` for training, on a tape.
/// Meaning
///   - the probability of a masked action is exactly zero and takes no gradient;
///   - each row sums to one within rounding; an empty mask allows everything;
///   - `log_probs` is finite everywhere, so that p ln p is zero, not NaN, where p is zero.
template <class H, class Backend, class Tape, class Var, class View, class Const_view, class Mask>
concept policy_head_for = std::default_initializable<H> &&
    requires(const H& h, const Backend& backend, Tape& tape, Var logits, Const_view x, Mask mask,
             View y) {
  { h.log_probs(tape, logits, mask) } -> std::same_as<Var>;
  {h.probabilities(backend, x, mask, y)};
};

namespace slot {
struct actor_tag;
/// Fills the role "who decides" of a pipeline.
template <policy P>
struct actor {
  using slot = actor_tag;
  using type = P;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
