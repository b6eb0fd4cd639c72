// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <muster/concepts/aggregator.hpp>
#include <muster/federated/detail/personal_models.hpp>
#include <muster/federated/similarity/attention.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Makes a model for each client out of those of the clients that are like it.
///
/// Idea       an average helps those that are alike and harms those that are not; so each client
///            gets an average of its own, weighted by likeness.
/// Source     PFRL-DM, section 4.4, Eqs. 18-22, and Algorithm 1, lines 12-15. Which statistic of
///            the models is compared is the matter of `Similarity`; see attention_similarity for
///            the one we take and why, literal_attention for the printed one.
/// Equation   psi_k <- sum over j of w_kj psi_j            (21)
///            psi_G <- 1/K sum over k of psi_k             (22), to `next`
/// Symbols    psi_j the model that client j sent, w the matrix of the similarity rule, psi_G what
///            all others get. `model_update::weight` has no place in these equations.
/// Rounding   sums in double precision, rounded to float once: equal models, or one alone, give
///            that model bit for bit.
/// Cost       that of the rule, then K (K + 1) P multiply-adds; K P floats for the models.
/// Determinism added in the order of client ids.
template <similarity_rule Similarity = attention_similarity>
class attention_aggregator {
 public:
  struct config {
    typename Similarity::config similarity{};
    /// Where each layer begins, and behind the last one the size: 0 < ... < P, as
    /// `nn::flat_parameters::boundaries` has it. Empty: the model is one layer.
    std::vector<std::size_t> layers{};
  };

  attention_aggregator() : attention_aggregator(config{}) {}
  explicit attention_aggregator(config c) : rule_{c.similarity}, layers_{std::move(c.layers)} {
    MUSTER_EXPECTS(layers_.empty() || (layers_.size() > 1 && layers_.front() == 0),
                   "muster: federated::attention_aggregator needs layers from 0 to the size of "
                   "the model, or none; pass flat_parameters::boundaries()");
    for (std::size_t l = 1; l < layers_.size(); ++l) {
      MUSTER_EXPECTS(layers_[l - 1] < layers_[l],
                     "muster: federated::attention_aggregator needs layers that rise; pass "
                     "flat_parameters::boundaries()");
    }
  }

  result<void> aggregate(const aggregation_round& round, std::span<float> next) {
    if (auto opened = models_.open(round, next); !opened) return opened;
    if (!layers_.empty() && layers_.back() != next.size()) {
      return error{.what = "end at " + std::to_string(layers_.back()) + ", but the clients sent " +
                           std::to_string(next.size()) + " numbers",
                   .file = {},
                   .field = "attention_aggregator::config::layers",
                   .expected = "the boundaries of the model that is exchanged"};
    }
    const std::size_t count = round.updates.size();
    const std::span<double> rows = models_.rows();
    rule_.weigh({models_.models(), round.global, layers_, round.pool}, rows.first(count * count));
    // The mean of the personal models is one more mixture, by the means of the columns.
    for (std::size_t j = 0; j < count; ++j) {
      double sum = 0.0;
      for (std::size_t k = 0; k < count; ++k) sum += rows[k * count + j];
      rows[count * count + j] = sum / static_cast<double>(count);
    }
    models_.mix(next, round.pool);
    return {};
  }

  /// The model for `round.updates[i]`, valid until the next `aggregate`.
  [[nodiscard]] std::span<const float> personal(std::size_t i) const { return models_.personal(i); }
  /// [K, K] in the order of the updates: row k is what client k gave to each. For heat maps.
  [[nodiscard]] num::view<const double> weights() const noexcept { return models_.weights(); }

 private:
  Similarity rule_;
  std::vector<std::size_t> layers_;
  detail::personal_models models_;
};

static_assert(personalising_aggregator<attention_aggregator<>>);

}  // namespace muster::inline MUSTER_ABI::federated
