// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <muster/concepts/dispatcher.hpp>
#include <muster/core/contracts.hpp>
#include <muster/kmps/detail/best_target.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// The least really loaded target, with hot ones filtered out and a guess for what was sent there
/// but does not show in the load yet.
///
/// Idea         measured use, not reserved use, decides; without a guess for the requests that
///              are on their way, everybody would run to the node that was idle a moment ago.
/// Source       Koordinator, plug-in LoadAwareScheduling, reference [34] of the KMPS paper:
///              usage thresholds of 65 % for processors and 95 % for memory, a guess of 85 % of
///              the requested cores and 70 % of the requested memory, equal resource weights.
/// Equation     hot_k = cpu_k > threshold or memory_k > threshold,
///              score_k = sum_r w_r (1 - (used_kr + f_r request_r (1 + pending_k)) / total_kr) /
///              sum_r w_r, each r at least 0;    pick = argmax over what is not hot
/// Symbols      used_kr = held by running requests, pending_k = queue_length, which holds
///              nothing yet, f = guess
/// Modelled     filter, guess and score of the plug-in on one request at a time.
/// Not          pods that are moved later (descheduling), oversold resources for work of low
///              priority, use at percentiles over a window, reports that expire: the view is
///              never stale.
/// Differs      where every valid target is hot the plug-in lets the pod wait; a request must go
///              somewhere, so the best score among the hot ones decides.
/// Determinism  equal scores go to the smaller target number; no valid target: the cloud.
class load_aware {
 public:
  struct config {
    double cpu_threshold = 0.65;     ///< hot above this use; in (0, 1]
    double memory_threshold = 0.95;  ///< likewise; in (0, 1]
    double cpu_guess = 0.85;         ///< part of the requested cores that are expected to be used
    double memory_guess = 0.70;      ///< likewise of the memory
    double cpu_weight = 1.0;         ///< >= 0, not both 0
    double memory_weight = 1.0;      ///< >= 0
  };
  static constexpr const char* name = "load_aware";

  constexpr load_aware() noexcept = default;
  explicit load_aware(config c) : config_{c} {
    MUSTER_EXPECTS(
        c.cpu_weight >= 0.0 && c.memory_weight >= 0.0 && c.cpu_weight + c.memory_weight > 0.0,
        "muster: kmps::load_aware needs weights >= 0, not both 0; the usual ones are 1");
  }

  [[nodiscard]] constexpr bool hot(const target_state& s) const noexcept {
    return s.cpu_use() > config_.cpu_threshold || s.memory_use() > config_.memory_threshold;
  }
  /// 0 to 1, 1 is idle.
  [[nodiscard]] constexpr double score(const target_state& s, const job& request) const noexcept {
    const double more = 1.0 + static_cast<double>(s.queue_length);
    const auto left = [&](double free, double total, double asked) {
      return total > 0.0 ? (std::max)(0.0, (free - asked * more) / total) : 0.0;
    };
    return (config_.cpu_weight * left(s.cpu_free, s.cpu_total,
                                      config_.cpu_guess * static_cast<double>(request.cpu)) +
            config_.memory_weight *
                left(s.memory_free, s.memory_total,
                     config_.memory_guess * static_cast<double>(request.memory))) /
           (config_.cpu_weight + config_.memory_weight);
  }
  [[nodiscard]] std::uint32_t choose(const dispatch_view& view, rng&) const noexcept {
    // Hot ones come behind all others: their key is moved up by more than any score.
    const std::size_t best =
        detail::best_target(view, view.size(), [&](const target_state& s, std::size_t) {
          return (hot(s) ? 2.0 : 0.0) - score(s, view.request);
        });
    return static_cast<std::uint32_t>(best == detail::none ? view.cloud() : best);
  }

 private:
  config config_{};
};

static_assert(dispatcher<load_aware>);

}  // namespace muster::inline MUSTER_ABI::kmps
