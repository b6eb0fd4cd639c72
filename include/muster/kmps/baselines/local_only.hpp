// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/concepts/dispatcher.hpp>
#include <muster/kmps/detail/best_target.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// The own cluster's node with the fewest requests of this service per replica; the cloud only
/// when no own node is valid.
///
/// Idea         an edge without cooperation: what the neighbours could take is lost.
/// Determinism  equal loads go to the smaller target number.
class local_only {
 public:
  struct config {};
  static constexpr const char* name = "local_only";

  constexpr local_only() noexcept = default;
  constexpr explicit local_only(config) noexcept {}

  [[nodiscard]] std::uint32_t choose(const dispatch_view& view, rng&) const noexcept {
    const std::size_t best =
        detail::best_target(view, view.own, [](const target_state& s, std::size_t) {
          return static_cast<double>(s.busy + s.waiting) / static_cast<double>(s.replicas);
        });
    return static_cast<std::uint32_t>(best == detail::none ? view.cloud() : best);
  }
};

static_assert(dispatcher<local_only>);

}  // namespace muster::inline MUSTER_ABI::kmps
