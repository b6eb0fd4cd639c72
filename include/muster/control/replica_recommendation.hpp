// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::control {

/// What is known about one metric of the pods of one workload. Pods that are being deleted or
/// have failed are left out by whoever fills this in.
struct pod_metrics {
  std::uint32_t measured = 0;   ///< ready pods with a value
  double total = 0.0;           ///< sum of their values; for utilisation, 1 = a pod's whole request
  std::uint32_t missing = 0;    ///< ready pods whose value is not known
  std::uint32_t not_ready = 0;  ///< pods that still start
};

/// How many replicas would bring the mean of a metric to its target.
///
/// Idea      demand is what all pods use together, so as many pods are needed as share it at the
///           target; what is not known is assumed so as to change less.
/// Source    Kubernetes documentation, Horizontal Pod Autoscaling, "Algorithm details"
///           (autoscaling/v2).
/// Equation  desired = ceil(pods x mean / target), unchanged while |mean / target - 1| <= tolerance
/// Missing   a ready pod without a value counts as 100 % of the target when the others ask for
///           fewer pods, as 0 % when they ask for more; a pod that is not ready counts as 0 % when
///           they ask for more and not at all otherwise. If that brings the ratio within the
///           tolerance or to the other side of 1, nothing changes.
/// Cost      O(1), no allocation.
struct replica_recommendation {
  double target = 0.8;          ///< wanted mean per pod; > 0. Default of the product: 80 %
  double tolerance_up = 0.1;    ///< part of the target the mean may lie above it; >= 0
  double tolerance_down = 0.1;  ///< and below it; >= 0
  /// Assume that missing pods use their whole request (1) when the target is less and fewer pods
  /// are asked for: what the controller does for utilisation, beyond the documented rule.
  bool missing_use_all = false;

  /// Nothing when no ready pod has a value: the metric then has no say.
  [[nodiscard]] std::optional<std::uint32_t> operator()(const pod_metrics& pods,
                                                        std::uint32_t current) const noexcept {
    MUSTER_EXPECTS(target > 0.0 && tolerance_up >= 0.0 && tolerance_down >= 0.0,
                   "muster: control::replica_recommendation has a target <= 0 or a negative "
                   "tolerance; write a target > 0 and tolerances >= 0");
    if (pods.measured == 0) return std::nullopt;
    double count = pods.measured;
    const double ratio = pods.total / (target * count);
    const bool more = ratio > 1.0;
    if (pods.missing == 0 && !(more && pods.not_ready > 0)) {
      return tolerated(ratio) ? current : rounded_up(ratio * count);
    }
    double total = pods.total;
    if (!more && ratio < 1.0) {
      total += pods.missing * (missing_use_all ? (std::max)(target, 1.0) : target);
    }
    count += pods.missing;
    if (more) count += pods.not_ready;
    const double careful = total / (target * count);
    if (tolerated(careful) || (careful > 1.0) != more) return current;
    const std::uint32_t desired = rounded_up(careful * count);
    // More pods than now are already asked for, or fewer: the careful mean must not turn that.
    return more ? (std::max)(desired, current) : (std::min)(desired, current);
  }

 private:
  [[nodiscard]] bool tolerated(double ratio) const noexcept {
    return ratio <= 1.0 + tolerance_up && ratio >= 1.0 - tolerance_down;
  }
  // A ratio like 0.9 / 0.3 comes out a little above 3 and must not cost a fourth pod.
  [[nodiscard]] static std::uint32_t rounded_up(double x) noexcept {
    return static_cast<std::uint32_t>(std::ceil(x * (1.0 - 1e-12)));
  }
};

}  // namespace muster::inline MUSTER_ABI::control
