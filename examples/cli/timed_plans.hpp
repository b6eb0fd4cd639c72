// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/concepts/orchestrator.hpp>

namespace cli {

/// An orchestrator that somebody else owns, and how long each of its plans took.
template <muster::orchestrator O>
class timed_plans {
 public:
  explicit timed_plans(O& inner) : inner_{&inner} {}

  [[nodiscard]] std::span<const muster::replica_change> plan(const muster::frame_view& view,
                                                             muster::rng& random) {
    using clock = std::chrono::steady_clock;
    const auto before = clock::now();
    const std::span<const muster::replica_change> changes = inner_->plan(view, random);
    const auto after = clock::now();
    ns_.push_back(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(after - before).count()));
    return changes;
  }
  void reset() {
    if constexpr (muster::resettable_orchestrator<O>) inner_->reset();
  }
  /// Wall time of each plan so far, ns.
  [[nodiscard]] const std::vector<std::uint32_t>& times() const noexcept { return ns_; }

 private:
  O* inner_;
  std::vector<std::uint32_t> ns_;
};

}  // namespace cli
