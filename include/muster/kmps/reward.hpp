// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <muster/concepts/reward_rule.hpp>
#include <muster/env/edge_cloud_record.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// Weights of the three terms of the KMPS reward. The paper gives none; these are the released
/// program's, where the first is positive and the others are penalties.
struct reward_weights {
  double on_time = 1.0;          ///< w1
  double missed = -0.15;         ///< w2, <= 0
  double overload = -0.05;       ///< w3, <= 0
  double overload_limit = 0.85;  ///< use of cores or memory above which w3 counts; [0, 1]
  double bonus = 0.0;            ///< weight of e^{2t} - 1, 0.3 in the released program
};

/// The reward of the paper, read literally: what happened in the slot.
///
/// Equation  u = w1 t + w2 f + w3 o + bonus (e^{2t} - 1)
/// Symbols   t, f = shares of done and missed among the requests of the access point that ended in
///           the slot, 0 when none did; o = overload at its start
/// Given to  the last decision of the access point in the slot; slots without a decision count
///           for the decision before, discounted.
/// Trouble   what a slot completes was placed many slots before: the reward says little about
///           the decisions it is given to. See per_request.
class slot_share {
 public:
  struct config : reward_weights {
    double gamma = 0.99;  ///< per slot
  };
  static constexpr const char* name = "slot_share";
  static constexpr bool self_contained = false;

  slot_share() = default;
  explicit slot_share(config c) : config_{c} {}
  [[nodiscard]] const config& settings() const noexcept { return config_; }

  /// One slot of one access point.
  [[nodiscard]] double of(const env::slot_tally& tally, double overload) const noexcept {
    const double ended = static_cast<double>(tally.done + tally.dropped + tally.late);
    const double t = ended > 0.0 ? tally.done / ended : 0.0;
    const double f = ended > 0.0 ? (tally.dropped + tally.late) / ended : 0.0;
    return config_.on_time * t + config_.missed * f + config_.overload * overload +
           config_.bonus * (std::exp(2.0 * t) - 1.0);
  }

  template <class Env>
  void assign(const Env& e, std::span<const placed> decisions, std::span<float> rewards) const {
    // Backwards, so that each decision knows when its access point decides next.
    std::vector<std::size_t> next(e.access_points(), e.bins());
    for (std::size_t i = decisions.size(); i-- > 0;) {
      const placed& d = decisions[i];
      double sum = 0.0;
      double factor = 1.0;
      for (std::size_t b = d.bin; b < next[d.access_point]; ++b, factor *= config_.gamma) {
        sum += factor *
               of(e.tally(b, d.access_point), b == d.bin ? static_cast<double>(d.overload) : 0.0);
      }
      rewards[i] += static_cast<float>(sum);
      next[d.access_point] = d.bin;
    }
  }

 private:
  config config_{};
};

/// The outcome of the very request that was placed.
///
/// Equation  u = w1 [answered on time] + w2 [missed] + w3 o
/// Idea      the same three terms, given to the decision that caused them; nothing is lost,
///           since summed over an episode the first two count every request once.
class per_request {
 public:
  struct config : reward_weights {};
  static constexpr const char* name = "per_request";
  static constexpr bool self_contained = false;

  per_request() = default;
  explicit per_request(config c) : config_{c} {}
  [[nodiscard]] const config& settings() const noexcept { return config_; }

  template <class Env>
  void assign(const Env& e, std::span<const placed> decisions, std::span<float> rewards) const {
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      const placed& d = decisions[i];
      const bool good = e.records()[d.request].state == env::request_state::on_time;
      rewards[i] += static_cast<float>((good ? config_.on_time : config_.missed) +
                                       config_.overload * static_cast<double>(d.overload));
    }
  }

 private:
  config config_{};
};

}  // namespace muster::inline MUSTER_ABI::kmps
