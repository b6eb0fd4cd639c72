// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <muster/concepts/dequeue_strategy.hpp>
#include <muster/queue/detail/pick_first.hpp>

namespace muster::inline MUSTER_ABI::queue {

/// Serves the job with the least time to spare.
///
/// Idea      like earliest deadline, but a job with much work left counts as more pressing.
/// Source    A. K. Mok: Fundamental design problems of distributed systems for the hard-real-time
///           environment, 1983 (least laxity first), for jobs that are not preempted.
/// Equation  slack_i(t) = d_i - t - w_i / speed        pick = argmin_i slack_i
/// Symbols   d_i = job::deadline, w_i = job::work, t = now
/// Cost      O(n) per pick, no allocation.
/// Determinism  w_i / speed is rounded to whole microseconds; equal slack goes to the smaller
///           id. t is the same for all, so the order is fixed and a heap may keep it.
class least_slack {
 public:
  struct config {
    double speed = 1.0;  ///< work per time, 1 = the node `job::work` is measured on; > 0
  };

  constexpr least_slack() noexcept = default;
  constexpr explicit least_slack(config c) noexcept : config_{c} {
    MUSTER_EXPECTS(c.speed > 0.0, "muster: queue::least_slack speed must be > 0; 1 is normal");
  }

  /// Time left at `now` after doing the work at once; negative when it is too late.
  [[nodiscard]] constexpr duration slack(const job& j, instant now) const noexcept {
    return latest_start(j) - now;
  }
  [[nodiscard]] constexpr bool before(const job& a, const job& b) const noexcept {
    const instant start_a = latest_start(a);
    const instant start_b = latest_start(b);
    return start_a != start_b ? start_a < start_b : a.id < b.id;
  }
  [[nodiscard]] constexpr std::size_t pick(std::span<const job> waiting, instant) const noexcept {
    return detail::pick_first(waiting, [this](auto& a, auto& b) { return before(a, b); });
  }

 private:
  [[nodiscard]] constexpr instant latest_start(const job& j) const noexcept {
    if (config_.speed == 1.0) return j.deadline - j.work;  // exact for any length of work
    const double us = static_cast<double>(j.work.us) / config_.speed;
    return j.deadline - microseconds(static_cast<std::int64_t>(us + 0.5));
  }

  config config_{};
};

static_assert(ordered_dequeue_strategy<least_slack>);

}  // namespace muster::inline MUSTER_ABI::queue
