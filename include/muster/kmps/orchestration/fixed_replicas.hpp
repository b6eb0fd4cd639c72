// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include <muster/concepts/orchestrator.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// Leaves every replica where it is: what orchestration is compared with.
class fixed_replicas {
 public:
  struct config {};
  static constexpr const char* name = "fixed";

  constexpr fixed_replicas() noexcept = default;
  constexpr explicit fixed_replicas(config) noexcept {}

  [[nodiscard]] std::span<const replica_change> plan(const frame_view&, rng&) const noexcept {
    return {};
  }
};

static_assert(orchestrator<fixed_replicas>);

}  // namespace muster::inline MUSTER_ABI::kmps
