// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>

#include <muster/core/ids.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI {

/// How long a client's training takes in simulated time, with both ways to the server.
///
/// Syntax (checked here)   `p.time(client, turn)` -> duration, above zero
/// Meaning                 depends on the client, on how often it has trained before (`turn`) and
///                         on the pace's numbers alone: neither on what was learned nor on the
///                         machine, so the order in which uploads arrive repeats itself.
template <class P>
concept training_pace = std::movable<P> &&
    requires(const P& p, client_id client, std::uint64_t turn) {
  { p.time(client, turn) } -> std::same_as<duration>;
};

namespace slot {
struct pace_tag;
/// Fills the role "how long training takes" of a federation.
template <training_pace P>
struct pace {
  using slot = pace_tag;
  using type = P;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
