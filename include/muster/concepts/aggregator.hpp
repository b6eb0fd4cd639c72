// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/core/ids.hpp>
#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI {

class thread_pool;

/// What one client sent up for a round.
struct model_update {
  client_id client{};
  double weight = 1.0;              ///< how much it counts, for example samples; finite, >= 0
  std::uint64_t staleness = 0;      ///< versions published since the model it was trained from
  std::span<const float> values{};  ///< the numbers it sent; as many from every client
};

/// A round as an aggregator sees it.
struct aggregation_round {
  std::span<const model_update> updates;  ///< any order; no client twice
  std::span<const float> global;          ///< what the server published last
  thread_pool* pool = nullptr;            ///< who may help; nullptr = the calling thread alone
};

/// Makes one model out of those that clients sent.
///
/// Syntax (checked here)   `a.aggregate(round, next)` -> result<void>
/// Meaning (checked by testing/laws/aggregator.hpp)
///   - `next` has the size of `global`, and overlaps neither it nor an update; after an error its
///     content means nothing and the aggregator is as if it had not been called;
///   - the same updates in any order, with any number of threads, give the same bytes;
///   - an update of another size, with a number that is not finite, or with a weight that is
///     negative or not finite, is refused with an error that names the client; so are no updates
///     at all, and weights that sum to zero;
///   - does not allocate once warm: after a round of that many clients and numbers. (An error
///     may: it is text.)
template <class A>
concept aggregator = std::movable<A> &&
    requires(A& a, const aggregation_round& round, std::span<float> next) {
  { a.aggregate(round, next) } -> std::same_as<result<void>>;
};

/// An aggregator that makes a model of its own for each client that took part.
///
/// Syntax   `a.personal(i)` -> the model for `round.updates[i]`, valid until the next `aggregate`
/// Meaning  what `aggregate` writes to `next` is for all others: those that did not take part in
///          the round, and those that join later.
template <class A>
concept personalising_aggregator = aggregator<A> && requires(const A& a, std::size_t i) {
  { a.personal(i) } -> std::same_as<std::span<const float>>;
};

namespace slot {
struct aggregator_tag;
/// Fills the role "how models become one" of a federation.
template <muster::aggregator A>
struct aggregator {
  using slot = aggregator_tag;
  using type = A;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
