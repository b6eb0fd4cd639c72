// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI {

/// How hard one round of a training shall be; all 1: the workload as it is.
struct lesson {
  double difficulty = 1.0;  ///< told to whoever makes the workload, if it asks; [0, 1]
  double load = 1.0;        ///< share of the requests kept, if it does not ask; (0, 1]
  double horizon = 1.0;     ///< share of the episode's length; (0, 1]
};

/// Decides what a training meets first and what later.
///
/// Syntax (checked here)   `c.current()` -> lesson, `c.observe(throughput)`
/// Meaning
///   - `current` is the lesson of the next round; it changes only in `observe`;
///   - `observe` is told, after each round, which part of its requests was on time;
///   - one that keeps state offers `add_to(checkpoint, prefix)`; never throws.
template <class C>
concept curriculum = std::movable<C> && requires(C& c, const C& k, double throughput) {
  { k.current() } -> std::same_as<lesson>;
  c.observe(throughput);
};

namespace slot {
struct curriculum_tag;
/// Fills the role "in which order a training meets its tasks" of a pipeline.
template <muster::curriculum C>
struct curriculum {
  using slot = curriculum_tag;
  using type = C;
};
}  // namespace slot

}  // namespace muster::inline MUSTER_ABI
