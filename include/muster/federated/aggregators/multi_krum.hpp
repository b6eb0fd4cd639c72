// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/federated/detail/neighbours.hpp>
#include <muster/federated/detail/roster.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// The mean of those models that lie closest to their neighbours.
///
/// Idea      Krum throws away all but one model; several good ones together have less noise.
/// Source    P. Blanchard, E. El Mhamdi, R. Guerraoui, J. Stainer: Machine learning with
///           adversaries: Byzantine tolerant gradient descent, NeurIPS 2017, section 4.
/// Equation  score_k as in krum;   next = mean of the m models with the least scores
/// Symbols   m = keep
/// Convention  scores are computed once, with all n clients; equal ones go to the smaller id.
/// Unless
///           told, m = n - f - 2. The mean is plain: weights are claims.
/// Bound     as krum's for each model that is kept, if m <= n - f.
/// Cost      as krum.
class multi_krum {
 public:
  struct config {
    std::size_t byzantine = 1;  ///< f, clients that may send anything; n >= 2 f + 3
    std::size_t keep = 0;       ///< m, models in the mean, at most n; 0 = n - f - 2
  };

  multi_krum() = default;
  explicit multi_krum(config c) : config_{c} {}

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (auto opened = roster_.open(round, next); !opened) return opened;
    const std::size_t n = roster_.size(), f = config_.byzantine;
    if (n < 3 || (n - 3) / 2 < f) return detail::too_few("multi_krum", 2 * f + 3, f, n);
    const std::size_t m = config_.keep == 0 ? n - f - 2 : config_.keep;
    if (m > n)
      return error{.what = "has " + std::to_string(n) + " updates",
                   .file = {},
                   .field = "round",
                   .expected = "at least as many as multi_krum keeps, " + std::to_string(m)};
    if (!neighbours_.measure(round.pool, roster_.values(), next.size())) {
      if (auto found = roster_.culprit(round)) return *std::move(found);
    }
    neighbours_.rank();
    scores_.resize(n);
    order_.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      scores_[i] = neighbours_.score(i, n - f - 2);
      order_[i] = static_cast<std::uint32_t>(i);
    }
    std::sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
      return scores_[a] != scores_[b] ? scores_[a] < scores_[b] : a < b;
    });
    kept_.resize(m);
    for (std::size_t i = 0; i < m; ++i) kept_[i] = roster_.values()[order_[i]];
    shares_.assign(m, 1.0 / static_cast<double>(m));
    detail::mean_into(round.pool, kept_, shares_, next);
    return {};
  }

 private:
  config config_{};
  detail::roster roster_;
  detail::neighbours neighbours_;
  std::vector<double> scores_, shares_;
  std::vector<std::uint32_t> order_;
  std::vector<const float*> kept_;
};

static_assert(aggregator<multi_krum>);

}  // namespace muster::inline MUSTER_ABI::federated
