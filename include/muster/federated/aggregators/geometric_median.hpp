// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/core/contracts.hpp>
#include <muster/federated/detail/blocks.hpp>
#include <muster/federated/detail/distance_meter.hpp>
#include <muster/federated/detail/roster.hpp>
#include <muster/federated/detail/scratch.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// The point with the least weighted distance to all models: RFA.
///
/// Idea      the mean has the least sum of squared distances, so whoever is ten times as far pulls
///           ten times as hard; here everyone pulls with the same force, however far away.
/// Source    K. Pillutla, S. Kakade, Z. Harchaoui: Robust aggregation for federated learning, IEEE
///           Transactions on Signal Processing 70, 2022, Algorithm 2 (smoothed Weiszfeld).
/// Equation  next = argmin over v of sum over k of w_k |x_k - v|, by repeating
///           b_k = w_k / max(nu, |x_k - v|),   v <- sum over k of b_k x_k / sum over k of b_k
///           until v moves by at most tolerance times the median of the distances
/// Symbols   x_k, w_k = values and weight of an update, nu = smoothing
/// Differs   starts at round.global, and in the first step the median distance stands in place of
///           nu: a start at the mean could be anywhere, and a client that sent the global model
///           back would hold v where it is.
/// Bound     if clients with a share a < 1/2 of the weight send anything, and the others lie within
///           r of some point, then next is within 2 (1 - a) / (1 - 2 a) r of it.
/// Cost      one pass to measure, then per repetition one over the updates from memory and one from
///           the cache; under ten of them where most clients agree. No allocation once warm.
/// Determinism  sums in the order of client ids.
class geometric_median {
 public:
  struct config {
    double smoothing = 1e-6;      ///< nu, a distance below which all count alike; > 0
    double tolerance = 1e-5;      ///< of the median distance to the models; >= 0
    std::size_t iterations = 50;  ///< most repetitions; >= 1
  };

  geometric_median() : geometric_median(config{}) {}
  explicit geometric_median(config c) : config_{c} {
    MUSTER_EXPECTS(c.smoothing > 0.0 && c.tolerance >= 0.0 && c.iterations > 0,
                   "muster: federated::geometric_median needs smoothing > 0, tolerance >= 0 and "
                   "at least one iteration");
  }

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (auto opened = roster_.open(round, next); !opened) return opened;
    const std::size_t n = roster_.size();
    const std::span<const double> shares = roster_.shares();
    const std::span<float> last = last_.take(next.size());
    points_.assign(roster_.values().begin(), roster_.values().end());
    points_.push_back(last.data());  // measured with the models: how far v moved
    distances_.resize(n + 1);
    pull_.resize(n);

    std::copy(round.global.begin(), round.global.end(), last.begin());
    std::copy(round.global.begin(), round.global.end(), next.begin());
    meter_.measure(round.pool, points_, next, distances_);
    for (std::size_t k = 0; k < n; ++k) {
      if (!std::isfinite(distances_[k])) return roster_.blame(round);
    }
    double nearest = (std::max)(config_.smoothing, middle_distance());
    for (iterations_ = 0; iterations_ < config_.iterations;) {
      double pulls = 0.0;
      for (std::size_t k = 0; k < n; ++k) {
        pull_[k] = shares[k] / (std::max)(nearest, distances_[k]);
        pulls += pull_[k];
      }
      for (double& p : pull_) p /= pulls;
      nearest = config_.smoothing;
      meter_.measure(round.pool, points_, next, distances_, [&](std::size_t first, std::size_t m) {
        std::copy_n(next.data() + first, m, last.data() + first);
        detail::kernels().mean(points_.data(), pull_.data(), n, first, m, next.data());
      });
      ++iterations_;
      if (distances_[n] <= config_.tolerance * middle_distance()) break;
    }
    return {};
  }

  /// How many repetitions the last round took.
  [[nodiscard]] std::size_t iterations() const noexcept { return iterations_; }

 private:
  /// The median distance of those that have a weight.
  [[nodiscard]] double middle_distance() {
    std::size_t counted = 0;
    for (std::size_t k = 0; k < pull_.size(); ++k) {
      if (roster_.shares()[k] > 0.0) pull_[counted++] = distances_[k];
    }
    const auto middle = pull_.begin() + static_cast<std::ptrdiff_t>(counted / 2);
    std::nth_element(pull_.begin(), middle, pull_.begin() + static_cast<std::ptrdiff_t>(counted));
    return *middle;
  }

  config config_;
  detail::roster roster_;
  detail::distance_meter meter_;
  detail::scratch<float> last_;
  std::vector<const float*> points_;
  std::vector<double> distances_, pull_;
  std::size_t iterations_ = 0;
};

static_assert(aggregator<geometric_median>);

}  // namespace muster::inline MUSTER_ABI::federated
