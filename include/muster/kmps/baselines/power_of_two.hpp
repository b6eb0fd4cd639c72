// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <muster/concepts/dispatcher.hpp>
#include <muster/kmps/baselines/least_queue.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// Two different valid targets at random, the one with fewer requests per replica.
///
/// Idea         most of the benefit of the shortest queue for two questions, and no herd: access
///              points that see the same old state do not all run to the same node.
/// Source       M. Mitzenmacher: The power of two choices in randomized load balancing, 2001.
/// Determinism  by the random stream; equal loads go to the smaller target number; no valid
///              target: the cloud.
class power_of_two {
 public:
  struct config {};
  static constexpr const char* name = "power_of_two";

  constexpr power_of_two() noexcept = default;
  constexpr explicit power_of_two(config) noexcept {}

  [[nodiscard]] std::uint32_t choose(const dispatch_view& view, rng& random) const noexcept {
    std::uint64_t valid = 0;
    for (std::size_t k = 0; k < view.size(); ++k) valid += view.valid(k) ? 1U : 0U;
    if (valid == 0) return static_cast<std::uint32_t>(view.cloud());
    std::uint64_t a = uniform_below(random, valid);
    std::uint64_t b = a;
    if (valid > 1) {
      b = uniform_below(random, valid - 1);
      if (b >= a) ++b;
    }
    if (b < a) std::swap(a, b);
    const std::size_t first = nth_valid(view, 0, a);
    if (a == b) return static_cast<std::uint32_t>(first);
    const std::size_t second = nth_valid(view, first + 1, b - a - 1);
    const bool keep = least_queue::load(view[first]) <= least_queue::load(view[second]);
    return static_cast<std::uint32_t>(keep ? first : second);
  }

 private:
  static std::size_t nth_valid(const dispatch_view& view, std::size_t k, std::uint64_t n) noexcept {
    for (;; ++k) {
      if (view.valid(k) && n-- == 0) return k;
    }
  }
};

static_assert(dispatcher<power_of_two>);

}  // namespace muster::inline MUSTER_ABI::kmps
