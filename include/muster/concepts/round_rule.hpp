// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI {

/// How far a round of a federation has come.
struct round_progress {
  std::uint64_t round = 0;  ///< its number, counted from 0
  instant opened{};         ///< when it was opened
  instant now{};            ///< simulated time
  std::size_t fresh = 0;    ///< uploads that wait for the end, trained from the newest model
  std::size_t late = 0;     ///< the same, trained from an older model
  std::size_t waiting = 0;  ///< chosen clients whose fresh upload is not here; all, if they restart
  std::size_t taken = 0;    ///< uploads since the last end, those replaced by newer ones included
};

/// Decides when a round ends and the models become one.
///
/// Syntax (checked here)   `r.closes(progress)` -> bool, `r.deadline(round, opened)` -> instant,
///                         `R::restarts`, a constant bool
/// Meaning
///   - `closes` is asked when there is at least one upload: after each arrival, and at the
///     deadline;
///   - `deadline` is when to ask although nobody came; `never` for rules without a clock;
///   - `restarts` says whether a client trains again as soon as its upload was taken (asynchronous
///     federation), or rests until the next round is opened (rounds in step);
///   - the answers depend on the arguments and the rule's numbers alone.
template <class R>
// clang-format off
concept round_rule = std::movable<R> &&
    requires(const R& r, const round_progress& progress, std::uint64_t round, instant opened) {
  { r.closes(progress) } noexcept -> std::same_as<bool>;
  { r.deadline(round, opened) } noexcept -> std::same_as<instant>;
  { bool{R::restarts} };
};
// clang-format on

namespace slot {
struct round_rule_tag;
/// Fills the role "when a round ends" of a federation.
template <muster::round_rule R>
struct round_rule {
  using slot = round_rule_tag;
  using type = R;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
