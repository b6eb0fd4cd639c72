// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include <muster/core/job.hpp>

namespace muster::inline MUSTER_ABI {

/// Decides which waiting job leaves the queue next.
///
/// Syntax (checked here)   `d.pick(waiting, now)` -> index into `waiting`
/// Meaning (checked by testing/laws/dequeue_strategy.hpp)
///   - called only with a non-empty `waiting`; the result is a valid index;
///   - the same arguments give the same answer, and the order in which `waiting` happens to be
///     stored does not matter: ties go to the smaller id;
///   - never allocates, never throws.
// clang-format off
template <class D>
concept dequeue_strategy = std::movable<D> &&
    requires(const D& d, std::span<const job> waiting, instant now) {
  { d.pick(waiting, now) } noexcept -> std::same_as<std::size_t>;
};
// clang-format on

/// A strategy whose order does not depend on `now`, so that a heap may keep it.
///
/// Syntax    `d.before(a, b)`: a leaves before b
/// Meaning   a strict total order over jobs with distinct ids that never changes, and
///           `pick` returns its first element at every `now`.
// clang-format off
template <class D>
concept ordered_dequeue_strategy = dequeue_strategy<D> && requires(const D& d, const job& a) {
  { d.before(a, a) } noexcept -> std::same_as<bool>;
};
// clang-format on

/// A strategy that learns from completions.
///
/// Syntax    `d.observe(service, measured)`: a job of `service` took `measured`
/// Meaning   may change later picks; never allocates, never throws.
template <class D>
concept adaptive_dequeue_strategy = dequeue_strategy<D> &&
    requires(D& d, service_id service, duration measured) {
  { d.observe(service, measured) }
  noexcept;
};

/// A strategy that can say which jobs may wait no longer.
///
/// Syntax    `d.urgent(waiting_job, now)`
/// Meaning   called for waiting jobs in every long slot; the caller sets `job::urgent` where the
///           answer is true, and never takes it back (`queue::lift_urgent` does both).
// clang-format off
template <class D>
concept urgency_dequeue_strategy = dequeue_strategy<D> &&
    requires(const D& d, const job& waiting, instant now) {
  { d.urgent(waiting, now) } noexcept -> std::same_as<bool>;
};
// clang-format on

namespace slot {
struct dequeue_tag;
/// Fills the role "which request an access point dispatches next" of a pipeline.
template <dequeue_strategy D>
struct dequeue {
  using slot = dequeue_tag;
  using type = D;
};

struct node_dequeue_tag;
/// Fills the role "which request a node or the cloud runs next" of a pipeline.
template <dequeue_strategy D>
struct node_dequeue {
  using slot = node_dequeue_tag;
  using type = D;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
