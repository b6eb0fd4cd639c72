// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

#include <muster/concepts/dispatcher.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// What is decided about one request on one target.
enum class region : std::uint8_t { accept, delay, reject };

/// Losses of the three actions, when the request would be on time there (P) and when not (N).
struct three_way_losses {
  double accept_p = 0.0, delay_p = 2.0, reject_p = 6.0;  ///< lambda_PP <= lambda_BP < lambda_NP
  double reject_n = 0.0, delay_n = 2.0, accept_n = 8.0;  ///< lambda_NN <= lambda_BN < lambda_PN

  /// Accept from this probability on.
  [[nodiscard]] constexpr double alpha() const noexcept {
    return (accept_n - delay_n) / ((accept_n - delay_n) + (delay_p - accept_p));
  }
  /// Reject up to this probability.
  [[nodiscard]] constexpr double beta() const noexcept {
    return (delay_n - reject_n) / ((delay_n - reject_n) + (reject_p - delay_p));
  }
  /// The order of the losses holds, and there is a region between the thresholds.
  [[nodiscard]] constexpr bool valid() const noexcept {
    return accept_p <= delay_p && delay_p < reject_p && reject_n <= delay_n && delay_n < accept_n &&
           beta() < alpha();
  }
  [[nodiscard]] constexpr region decide(double p) const noexcept {
    return p >= alpha() ? region::accept : (p <= beta() ? region::reject : region::delay);
  }
};

/// Losses that all clusters use, from those that each found for itself: the weighted mean, as
/// a round of federated averaging makes it. Only these six numbers leave a cluster.
[[nodiscard]] inline three_way_losses federate(std::span<const three_way_losses> own,
                                               std::span<const double> weights) {
  MUSTER_EXPECTS(!own.empty() && own.size() == weights.size(),
                 "muster: kmps::federate needs one weight for each cluster, and a cluster");
  three_way_losses mean{0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
  double sum = 0.0;
  for (const double w : weights) sum += w;
  for (std::size_t c = 0; c < own.size(); ++c) {
    const double w = weights[c] / sum;
    mean.accept_p += w * own[c].accept_p;
    mean.delay_p += w * own[c].delay_p;
    mean.reject_p += w * own[c].reject_p;
    mean.reject_n += w * own[c].reject_n;
    mean.delay_n += w * own[c].delay_n;
    mean.accept_n += w * own[c].accept_n;
  }
  return mean;
}

/// Accepts, delays or rejects every target by the probability that it answers on time, and takes
/// the accepted one with the least expected loss.
///
/// Idea         between yes and no there is "not yet": two thresholds instead of one, worked out
///              from what mistakes cost. Work that leaves the own cluster shows itself to others,
///              so accepting it there costs more, and the threshold rises: privacy against use.
/// Source       thresholds: Y. Yao: Three-way decisions with probabilistic rough sets,
///              Information Sciences 180(3), 2010, section 4. Their use for multi-cloud
///              scheduling: C. Jiang, L. Su, Applied Soft Computing 183, 2025, reference [31] of
///              the KMPS paper. The losses, the probability and the price of privacy are ours.
/// Equation     p_k = 1 / (1 + exp(-slack_k / s)), slack_k = deadline - estimated answer,
///              alpha_k, beta_k as in three_way_losses with lambda_PP and lambda_PN raised by
///              privacy_k,    pick = argmin over accepted p_k lambda_PP + (1 - p_k) lambda_PN
/// Modelled     the three regions, the price of leaving the cluster, averaging of the losses
///              over clusters (`federate`).
/// Not          a classifier that is learned by each cluster, noise added for privacy, batches.
/// Differs      a dispatcher must answer at once: where nothing is accepted, the delayed target
///              with the best chance gets the request, and its queue is where it waits; where
///              all are rejected, the cloud. `decide` gives the region to a caller who can wait.
/// Determinism  equal losses go to the smaller target number; no valid target: the cloud.
class three_way {
 public:
  struct config {
    three_way_losses losses{};
    double neighbour_privacy = 0.25;     ///< loss added for a neighbour; >= 0, < delay_p - accept_p
    double cloud_privacy = 0.5;          ///< likewise for the cloud
    duration spread = milliseconds(50);  ///< s: how uncertain estimated answers are; > 0
  };
  static constexpr const char* name = "three_way";

  three_way() : three_way(config{}) {}
  explicit three_way(config c) : config_{c} {
    for (const auto kind : {target_kind::own_cluster, target_kind::neighbour, target_kind::cloud}) {
      MUSTER_EXPECTS(losses(kind).valid(),
                     "muster: kmps::three_way losses are out of order; write accept_p <= delay_p < "
                     "reject_p, reject_n <= delay_n < accept_n, privacy below delay_p - accept_p");
    }
    MUSTER_EXPECTS(c.spread.us > 0, "muster: kmps::three_way spread must be > 0");
  }

  /// Losses for targets of a kind, privacy included.
  [[nodiscard]] three_way_losses losses(target_kind kind) const noexcept {
    three_way_losses l = config_.losses;
    const double more = kind == target_kind::own_cluster ? 0.0
                        : kind == target_kind::neighbour ? config_.neighbour_privacy
                                                         : config_.cloud_privacy;
    l.accept_p += more;
    l.accept_n += more;
    return l;
  }
  /// How likely target k answers on time; 0 without a replica.
  [[nodiscard]] double on_time(const dispatch_view& view, std::size_t k) const noexcept {
    const instant answer = view.estimated_answer(k);
    if (answer == never) return 0.0;
    const double slack = (view.request.deadline - answer).seconds() / config_.spread.seconds();
    return 1.0 / (1.0 + std::exp(-slack));
  }
  [[nodiscard]] region decide(const dispatch_view& view, std::size_t k) const noexcept {
    return losses(view.kind(k)).decide(on_time(view, k));
  }

  [[nodiscard]] std::uint32_t choose(const dispatch_view& view, rng&) const noexcept {
    std::size_t accepted = view.size(), delayed = view.size();
    double least = 0.0, chance = 0.0;
    for (std::size_t k = 0; k < view.size(); ++k) {
      if (!view.valid(k)) continue;
      const double p = on_time(view, k);
      const three_way_losses l = losses(view.kind(k));
      const region r = l.decide(p);
      if (r == region::accept) {
        const double loss = p * l.accept_p + (1.0 - p) * l.accept_n;
        if (accepted == view.size() || loss < least) {
          accepted = k;
          least = loss;
        }
      } else if (r == region::delay && (delayed == view.size() || p > chance)) {
        delayed = k;
        chance = p;
      }
    }
    if (accepted != view.size()) return static_cast<std::uint32_t>(accepted);
    return static_cast<std::uint32_t>(delayed != view.size() ? delayed : view.cloud());
  }

 private:
  config config_;
};

static_assert(dispatcher<three_way>);

}  // namespace muster::inline MUSTER_ABI::kmps
