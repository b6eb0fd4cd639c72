// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI {

/// A task that has just been put on a machine, as a reward rule sees it. Times in slots.
struct task_placement {
  std::int64_t run = 1;              ///< how long it runs; >= 1
  std::int64_t wait = 0;             ///< from its arrival until now; >= 0
  double balance_before = 0.0;       ///< imbalance of the load over the machines; >= 0
  double balance_after = 0.0;        ///< the same with this task in its place
  std::int64_t makespan_before = 0;  ///< when all that was placed before will have ended, or now
  std::int64_t makespan_after = 0;   ///< the same with this task; >= makespan_before
  std::uint32_t machine = 0;         ///< which one
  std::uint32_t cpu = 1;             ///< vCPUs the task holds
  double memory = 0.0;               ///< GB it holds
  bool woken = false;                ///< the machine was empty
};

/// Says at once what an answer of a task scheduler was worth.
///
/// Syntax (checked here)   `r.placed(task_placement)`, `r.denied(utilisation)`, `r.waited(bool)`
/// Meaning
///   - `placed`: the task fitted and has started;
///   - `denied`: it did not fit; `utilisation` in [0, 1] is that of the machine chosen, 1 for a
///     machine that does not exist;
///   - `waited`: nothing was placed; the argument says whether a machine had room;
///   - all three are finite, depend on their arguments only, never allocate, never throw.
// clang-format off
template <class R>
concept placement_reward = std::movable<R> &&
    requires(const R& r, const task_placement& p, double utilisation, bool had_room) {
  { r.placed(p) } noexcept -> std::same_as<double>;
  { r.denied(utilisation) } noexcept -> std::same_as<double>;
  { r.waited(had_room) } noexcept -> std::same_as<double>;
};
// clang-format on

}  // namespace muster::inline MUSTER_ABI
