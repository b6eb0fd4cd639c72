// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <muster/control/replica_recommendation.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/time.hpp>

namespace muster::inline MUSTER_ABI::control {

/// Limits how fast a workload may grow or shrink, in the words of Kubernetes' `behavior`.
struct scaling_policy {
  enum class kind : std::uint8_t { pods, percent };
  kind type = kind::percent;
  std::uint32_t value = 100;      ///< pods, or percent of the replicas at the start of the period
  duration period = seconds(15);  ///< > 0
};

/// One direction of `behavior`.
struct scaling_rules {
  /// Which policy counts: the one that allows the most change, the least, or no change at all.
  enum class choice : std::uint8_t { most, least, none };
  duration window{};  ///< recommendations this young are remembered; >= 0
  choice select = choice::most;
  std::vector<scaling_policy> policies{};  ///< empty: no limit
};

/// Decides how many replicas a workload should have, as Kubernetes does.
///
/// Idea      every sync period each metric recommends a number; the largest counts. A decrease
///           waits until nothing within its window asked for more, and policies limit the change
///           per period.
/// Source    Kubernetes documentation, Horizontal Pod Autoscaling (autoscaling/v2): algorithm
///           details, configurable scaling behaviour, default behaviour.
/// Defaults  of the product: target 80 %, tolerance 10 %, a window of 300 s for decreases and none
///           for increases, at most 100 % or 4 pods more per 15 s, any decrease.
/// Missing   a metric without any value has no say, but forbids a decrease. At 0 replicas
///           autoscaling is off.
/// Start     the first call remembers the replicas it finds, so a decrease takes a window.
/// Cost      O(recommendations in the window); no allocation once warm.
class horizontal_pod_autoscaler {
 public:
  struct config {
    std::uint32_t min_replicas = 1;   ///< >= 1
    std::uint32_t max_replicas = 10;  ///< >= min_replicas
    replica_recommendation metric{};  ///< target and tolerances, for every metric
    scaling_rules up{{},
                     scaling_rules::choice::most,
                     {{scaling_policy::kind::percent, 100, seconds(15)},
                      {scaling_policy::kind::pods, 4, seconds(15)}}};
    scaling_rules down{seconds(300),
                       scaling_rules::choice::most,
                       {{scaling_policy::kind::percent, 100, seconds(15)}}};
  };

  horizontal_pod_autoscaler() : horizontal_pod_autoscaler{config{}} {}
  explicit horizontal_pod_autoscaler(config c) : config_{std::move(c)} {
    MUSTER_EXPECTS(config_.min_replicas >= 1 && config_.max_replicas >= config_.min_replicas,
                   "muster: control::horizontal_pod_autoscaler has bad limits; write 1 <= "
                   "min_replicas <= max_replicas");
    for (const scaling_rules* r : {&config_.up, &config_.down}) {
      MUSTER_EXPECTS(r->window.us >= 0,
                     "muster: control::horizontal_pod_autoscaler has a negative "
                     "window; write one >= 0");
      for (const scaling_policy& p : r->policies) {
        MUSTER_EXPECTS(p.period.us > 0,
                       "muster: control::horizontal_pod_autoscaler has a policy "
                       "without a period; write one > 0");
      }
    }
  }

  /// The number of replicas the workload should have from now on; the caller sets it at once.
  /// `current` is the number asked for before, `now` later than in the call before.
  [[nodiscard]] std::uint32_t decide(instant now, std::uint32_t current,
                                     std::span<const pod_metrics> metrics) {
    std::uint32_t wanted = current;
    if (current == 0) return 0;
    if (current > config_.max_replicas) {
      wanted = config_.max_replicas;
    } else if (current < config_.min_replicas) {
      wanted = config_.min_replicas;
    } else {
      if (recommended_.empty()) recommended_.push_back({now, current});
      const auto raw = recommend(current, metrics);
      if (raw) wanted = limited(now, current, stabilised(now, current, *raw));
    }
    remember(now, current, wanted);
    return wanted;
  }
  [[nodiscard]] std::uint32_t decide(instant now, std::uint32_t current,
                                     const pod_metrics& metric) {
    return decide(now, current, std::span<const pod_metrics>{&metric, 1});
  }

  /// Forgets what was recommended and changed.
  void reset() noexcept {
    recommended_.clear();
    increases_.clear();
    decreases_.clear();
  }
  [[nodiscard]] const config& settings() const noexcept { return config_; }

 private:
  struct entry {
    instant when;
    std::uint32_t replicas;
  };

  [[nodiscard]] std::optional<std::uint32_t> recommend(
      std::uint32_t current, std::span<const pod_metrics> metrics) const noexcept {
    std::optional<std::uint32_t> most;
    bool all = true;
    for (const pod_metrics& m : metrics) {
      const std::optional<std::uint32_t> one = config_.metric(m, current);
      if (!one) {
        all = false;
      } else if (!most || *one > *most) {
        most = one;
      }
    }
    if (most && !all && *most < current) return std::nullopt;
    return most;
  }

  /// As near to the current number as anything recommended within the windows allows.
  [[nodiscard]] std::uint32_t stabilised(instant now, std::uint32_t current, std::uint32_t raw) {
    std::uint32_t at_least = raw, at_most = raw;
    const duration longest = (std::max)(config_.up.window, config_.down.window);
    for (const entry& e : recommended_) {
      if (e.when > now - config_.up.window) at_least = (std::min)(at_least, e.replicas);
      if (e.when > now - config_.down.window) at_most = (std::max)(at_most, e.replicas);
    }
    forget(recommended_, now - longest);
    recommended_.push_back({now, raw});
    return current < at_least ? at_least : (std::min)(current, at_most);
  }

  [[nodiscard]] std::uint32_t limited(instant now, std::uint32_t current,
                                      std::uint32_t wanted) const noexcept {
    if (wanted > current) {
      const double most = bound(config_.up, now, current, +1.0);
      return capped((std::min)(static_cast<double>(wanted), (std::max)(most, 1.0 * current)));
    }
    if (wanted < current) {
      const double least = bound(config_.down, now, current, -1.0);
      return capped((std::max)(static_cast<double>(wanted), (std::min)(least, 1.0 * current)));
    }
    return capped(wanted);
  }
  [[nodiscard]] std::uint32_t capped(double x) const noexcept {
    return (std::clamp)(static_cast<std::uint32_t>((std::max)(x, 0.0)), config_.min_replicas,
                        config_.max_replicas);
  }

  /// How far the policies of one direction let the number go.
  [[nodiscard]] double bound(const scaling_rules& rules, instant now, std::uint32_t current,
                             double sign) const noexcept {
    if (rules.select == scaling_rules::choice::none) return current;
    if (rules.policies.empty()) return sign > 0.0 ? config_.max_replicas : 0.0;
    double best = 0.0;
    bool first = true;
    for (const scaling_policy& p : rules.policies) {
      const double start = static_cast<double>(current) - sum(increases_, now - p.period) +
                           sum(decreases_, now - p.period);
      double reach = 0.0;
      if (p.type == scaling_policy::kind::pods) {
        reach = start + sign * p.value;
      } else {
        // Up rounds up and down rounds down: a percentage always allows at least one pod.
        const double exact = start * (100.0 + sign * p.value) / 100.0;
        reach = sign > 0.0 ? std::ceil(exact) : std::floor(exact);
      }
      const bool further = sign * reach > sign * best;
      if (first || further == (rules.select == scaling_rules::choice::most)) best = reach;
      first = false;
    }
    return best;
  }
  static double sum(const std::vector<entry>& changes, instant after) noexcept {
    double s = 0.0;
    for (const entry& e : changes) s += e.when > after ? e.replicas : 0.0;
    return s;
  }

  void remember(instant now, std::uint32_t current, std::uint32_t wanted) {
    duration longest{};
    for (const scaling_rules* r : {&config_.up, &config_.down}) {
      for (const scaling_policy& p : r->policies) longest = (std::max)(longest, p.period);
    }
    forget(increases_, now - longest);
    forget(decreases_, now - longest);
    if (wanted > current) increases_.push_back({now, wanted - current});
    if (wanted < current) decreases_.push_back({now, current - wanted});
  }
  static void forget(std::vector<entry>& list, instant until) noexcept {
    const auto old =
        std::find_if(list.begin(), list.end(), [&](const entry& e) { return e.when > until; });
    list.erase(list.begin(), old);
  }

  config config_;
  std::vector<entry> recommended_;            // oldest first
  std::vector<entry> increases_, decreases_;  // by how many
};

}  // namespace muster::inline MUSTER_ABI::control
