// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include <muster/concepts/dispatcher.hpp>
#include <muster/core/job.hpp>

namespace muster::inline MUSTER_ABI {

/// A dispatcher that plans all waiting requests of a slot together: a central scheduler.
///
/// Syntax (checked here)   `d.begin_round(view)`, then `d.add_waiting(access point, requests)` once
///                         for each access point, then `d.choose(view, rng)` for each request
/// Meaning
///   - `begin_round` gets the view of the first decision of a slot, whose request is part of the
///     round; the requests added are the others, in any order; not all need be asked about;
///   - the plan is made once per round; `choose` then answers from it;
///   - a request that no round has announced is placed like a round of its own, so it is a
///     dispatcher anywhere.
template <class D>
concept round_dispatcher = dispatcher<D> &&
    requires(D& d, const dispatch_view& view, std::size_t access_point,
             std::span<const job> waiting) {
  d.begin_round(view);
  d.add_waiting(access_point, waiting);
};

}  // namespace muster::inline MUSTER_ABI
