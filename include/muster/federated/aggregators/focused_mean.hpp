// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/federated/detail/personal_models.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// FedAvg in which some clients count chosen others for more (or less).
///
/// Idea       likeness that is known rather than found: what a client gains from listening to one
///            other more than to the rest, without a rule in between.
/// Source     PFRL-DM, section 3.3 and Fig. 10: Fed-Diff and Fed-Same2 have no focus, Fed-Diff-
///            weight has {C1, C2}, Fed-Same2-weight has {C1, C1'}. The paper gives no weights.
/// Equation   psi_k <- sum over j of w_kj psi_j,  w_kj = n_j t_kj / sum over i of n_i t_ki
///            psi_G <- sum over j of n_j psi_j / sum over i of n_i, to `next`: FedAvg
/// Symbols    n_j = model_update::weight; t_kj = `times` of the focus of k on j, 1 where there is
///            none. With equal n any matrix of weights can be written so, zeros included.
/// Partial    a focus on a client that is not in the round has no effect in it.
/// Rounding   as in attention_aggregator. Without a focus every model is that of weighted_mean.
/// Cost       K (K + 1) P multiply-adds; K P floats for the models.
/// Determinism added in the order of client ids.
class focused_mean {
 public:
  struct focus {
    client_id who{};
    client_id on{};
    double times = 1.0;  ///< how much more `on` counts for `who`; finite, >= 0
  };
  struct config {
    std::vector<focus> focuses{};  ///< no pair twice
  };

  focused_mean() = default;
  explicit focused_mean(config c) : focuses_{std::move(c.focuses)} {
    const auto pair = [](const focus& f) { return std::pair{f.who, f.on}; };
    std::sort(focuses_.begin(), focuses_.end(),
              [&](const focus& a, const focus& b) { return pair(a) < pair(b); });
    for (std::size_t i = 0; i < focuses_.size(); ++i) {
      MUSTER_EXPECTS(std::isfinite(focuses_[i].times) && focuses_[i].times >= 0.0,
                     "muster: federated::focused_mean needs finite times of 0 or more");
      MUSTER_EXPECTS(i == 0 || pair(focuses_[i - 1]) != pair(focuses_[i]),
                     "muster: federated::focused_mean has a focus twice; write each pair once");
    }
  }

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (auto opened = models_.open(round, next); !opened) return opened;
    const detail::roster& roster = models_.roster();
    const std::size_t count = roster.size();
    for (std::size_t a = 0; a <= count; ++a) {
      std::copy(roster.shares().begin(), roster.shares().end(), models_.row(a).begin());
    }
    for (const focus& f : focuses_) {
      const std::size_t who = find(round, f.who);
      const std::size_t on = find(round, f.on);
      if (who < count && on < count) models_.row(who)[on] *= f.times;
    }
    for (std::size_t a = 0; a < count; ++a) {
      double sum = 0.0;
      for (const double w : models_.row(a)) sum += w;
      if (!(sum > 0.0 && std::isfinite(sum))) {
        return error{.what = "gives the clients of this round weights that sum to 0 or too much",
                     .file = {},
                     .field = detail::name_of(round.updates[roster.place(a)].client),
                     .expected = "a focus with times above 0, or none, on one that takes part"};
      }
      for (double& w : models_.row(a)) w /= sum;
    }
    models_.mix(next, round.pool);
    return {};
  }

  /// The model for `round.updates[i]`, valid until the next `aggregate`.
  [[nodiscard]] std::span<const float> personal(std::size_t i) const { return models_.personal(i); }
  /// [K, K] in the order of the updates: row k is what client k gave to each. For heat maps.
  [[nodiscard]] num::view<const double> weights() const noexcept { return models_.weights(); }

 private:
  /// Where a client stands by id; the number of clients if it does not take part.
  [[nodiscard]] std::size_t find(const aggregation_round& round, client_id id) const {
    std::size_t low = 0;
    std::size_t high = models_.roster().size();
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      const client_id there = round.updates[models_.roster().place(middle)].client;
      if (there == id) return middle;
      (there < id ? low : high) = there < id ? middle + 1 : middle;
    }
    return models_.roster().size();
  }

  std::vector<focus> focuses_;
  detail::personal_models models_;
};

static_assert(personalising_aggregator<focused_mean>);

}  // namespace muster::inline MUSTER_ABI::federated
