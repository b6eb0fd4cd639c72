// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <utility>

#include <muster/concepts/dispatcher.hpp>
#include <muster/kmps/detail/best_target.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// The valid target with the lowest utilisation: the larger of its shares of cores and memory
/// in use, then of requests per core.
///
/// Idea         what a resource-driven scheduler does: it looks at the machine, not at the
///              service; waiting requests hold nothing, so the second key tells equal ones apart.
/// Determinism  equal in both keys: the smaller target number; no valid target: the cloud.
class greedy {
 public:
  struct config {};
  static constexpr const char* name = "greedy";

  constexpr greedy() noexcept = default;
  constexpr explicit greedy(config) noexcept {}

  [[nodiscard]] std::uint32_t choose(const dispatch_view& view, rng&) const noexcept {
    const std::size_t best =
        detail::best_target(view, view.size(), [](const target_state& s, std::size_t) {
          return std::pair{(std::max)(s.cpu_use(), s.memory_use()),
                           static_cast<double>(s.queue_length + s.running) / s.cpu_total};
        });
    return static_cast<std::uint32_t>(best == detail::none ? view.cloud() : best);
  }
};

static_assert(dispatcher<greedy>);

}  // namespace muster::inline MUSTER_ABI::kmps
