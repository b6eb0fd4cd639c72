// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/core/ids.hpp>

namespace muster::inline MUSTER_ABI {

/// Chooses who takes part in a round of a federation.
///
/// Syntax (checked here)   `s.select(round, awake, chosen)`
/// Meaning
///   - `awake` holds the clients that could take part, at least one, by rising id; those are
///     appended to `chosen`, also by rising id, that shall: at least one, none twice;
///   - the choice depends on the arguments and the selection's numbers and seed alone, so that a
///     run which was resumed chooses as if it had not been interrupted;
///   - does not allocate once warm.
template <class S>
concept client_selection = std::movable<S> &&
    requires(S& s, std::uint64_t round, std::span<const client_id> awake,
             std::vector<client_id>& chosen) {
  s.select(round, awake, chosen);
};

/// A selection that knows how likely each client is to be chosen. A federation divides the weights
/// of the updates by it, so that those who come seldom count for the rounds they missed.
///
/// Syntax   `s.probability(client)` -> double in (0, 1]
template <class S>
concept weighted_selection = client_selection<S> && requires(const S& s, client_id client) {
  { s.probability(client) } -> std::same_as<double>;
};

namespace slot {
struct selection_tag;
/// Fills the role "who takes part in a round" of a federation.
template <client_selection S>
struct selection {
  using slot = selection_tag;
  using type = S;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
