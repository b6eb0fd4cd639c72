// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include <muster/core/config.hpp>

/// Named template arguments.
///
/// A slot is a tiny wrapper that says which role a choice fills, for example
/// `slot::dequeue<queue::least_slack>`. Slots may come in any order and each has a default:
/// `slot_or<dequeue_tag, queue::arrival_order, Slots...>` is the type given for dequeue, or
/// the default. A concept's file declares its slot, constrained by the concept, so that a
/// wrong choice is reported on the user's own line.
namespace muster::inline MUSTER_ABI {

/// Anything wrapped as a slot: names its role `slot` and the chosen `type`.
template <class S>
concept named_slot = requires {
  typename S::slot;
  typename S::type;
};

namespace detail {

template <class Tag, class Default, class... Slots>
struct find_slot {
  using type = Default;
};
template <class Tag, class Default, class First, class... Rest>
struct find_slot<Tag, Default, First, Rest...> : find_slot<Tag, Default, Rest...> {};
template <class Tag, class Default, class First, class... Rest>
requires std::is_same_v<Tag, typename First::slot>
struct find_slot<Tag, Default, First, Rest...> {
  using type = typename First::type;
};

}  // namespace detail

/// The type chosen for `Tag` among `Slots`, else `Default`.
template <class Tag, class Default, class... Slots>
using slot_or = typename detail::find_slot<Tag, Default, Slots...>::type;

/// Whether `S` fills one of the roles `Tags`; false for what is no slot at all.
template <class S, class... Tags>
inline constexpr bool slot_is_one_of = false;
template <named_slot S, class... Tags>
inline constexpr bool slot_is_one_of<S, Tags...> = (false || ... ||
                                                    std::is_same_v<Tags, typename S::slot>);

/// How many of `Slots` fill `Tag`; a pipeline requires at most one.
template <class Tag, class... Slots>
inline constexpr int slot_count = (0 + ... + (slot_is_one_of<Slots, Tag> ? 1 : 0));

namespace detail {
template <class S, class... Slots>
inline constexpr bool fills_alone = true;
template <named_slot S, class... Slots>
inline constexpr bool fills_alone<S, Slots...> = slot_count<typename S::slot, Slots...> == 1;
}  // namespace detail

/// Whether no two of `Slots` fill the same role.
template <class... Slots>
inline constexpr bool slots_differ = (true && ... && detail::fills_alone<Slots, Slots...>);

}  // namespace muster::inline MUSTER_ABI
