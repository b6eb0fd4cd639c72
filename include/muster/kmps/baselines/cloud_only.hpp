// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/dispatcher.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// Everything to the cloud: what there was before there was an edge.
class cloud_only {
 public:
  struct config {};
  static constexpr const char* name = "cloud_only";

  constexpr cloud_only() noexcept = default;
  constexpr explicit cloud_only(config) noexcept {}

  [[nodiscard]] std::uint32_t choose(const dispatch_view& view, rng&) const noexcept {
    return static_cast<std::uint32_t>(view.cloud());
  }
};

static_assert(dispatcher<cloud_only>);

}  // namespace muster::inline MUSTER_ABI::kmps
