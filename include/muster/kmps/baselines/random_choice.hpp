// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/dispatcher.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// Any valid target, each with the same probability.
///
/// Cost         two passes over the targets, one draw, no allocation.
/// Determinism  by the random stream; no valid target: the cloud.
class random_choice {
 public:
  struct config {};
  static constexpr const char* name = "random";

  constexpr random_choice() noexcept = default;
  constexpr explicit random_choice(config) noexcept {}

  [[nodiscard]] std::uint32_t choose(const dispatch_view& view, rng& random) const noexcept {
    std::uint64_t valid = 0;
    for (std::size_t k = 0; k < view.size(); ++k) valid += view.valid(k) ? 1U : 0U;
    if (valid == 0) return static_cast<std::uint32_t>(view.cloud());
    std::uint64_t left = uniform_below(random, valid);
    for (std::size_t k = 0;; ++k) {
      if (view.valid(k) && left-- == 0) return static_cast<std::uint32_t>(k);
    }
  }
};

static_assert(dispatcher<random_choice>);

}  // namespace muster::inline MUSTER_ABI::kmps
