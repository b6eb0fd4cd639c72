// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI {

namespace detail {
// Stands for "the loss of one prediction" where a concept needs something callable.
template <class Var>
struct any_loss {
  Var operator()(Var prediction) const;
};
}  // namespace detail

/// Predicts how much reward will follow: one network, a network with a frozen copy, several.
///
/// The trainer does not know how many networks there are. It asks for values, and hands in
/// the loss of one prediction, which the strategy applies to each network that learns.
///
/// Syntax (checked here)   see the requirements; views are those of the backend in use
/// Meaning
///   - `values`      V(s) for a block of states, the baseline of an advantage;
///   - `next_values` V(s') for targets; may come from other (older) parameters;
///   - `loss`        on the tape: the sum of `f(prediction [n, 1])` over learning networks;
///   - `end_cycle`   called after each update of the trainer: refresh frozen copies;
///   - `store`       the parameters that learn, all of them, nothing else;
///   - `values`, `next_values` use lent scratch memory and do not allocate.
template <class C>
concept critic_strategy = std::movable<C> &&
    std::constructible_from<C, const typename C::config&> &&
    requires(C& c, const C& k, typename C::tape_type& tape, typename C::var_type x,
             detail::any_loss<typename C::var_type> f, typename C::input_view in,
             typename C::output_view out, typename C::workspace_type workspace) {
  { k.in() } -> std::same_as<std::size_t>;
  { k.workspace_size(std::size_t{1}) } -> std::same_as<std::size_t>;
  {k.values(in, out, workspace)};
  {k.next_values(in, out, workspace)};
  { k.loss(tape, x, f) } -> std::same_as<typename C::var_type>;
  {c.end_cycle()};
  {c.store()};
};

namespace slot {
struct critic_tag;
/// Fills the role "how states are valued" of a pipeline.
template <critic_strategy C>
struct critic {
  using slot = critic_tag;
  using type = C;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
