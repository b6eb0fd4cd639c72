// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include <muster/federated/detail/attend.hpp>
#include <muster/federated/similarity/rule.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Clients listen to models that point the same way.
///
/// Idea       a comparator: the cosine of the whole parameter vectors.
/// Source     PFRL-DM, section 3.3 and Fig. 13, which names the measure and no formula; how a
///            cosine becomes a weight is ours, the same as in attention_similarity.
/// Equation   w_kj = softmax over j of cos(x_k, x_j) / temperature
/// Symbols    x_k what is compared of model k: `compared::values` as in the paper. Models that
///            were trained from one global model share most of it, so all cosines are close to 1
///            and the weights close to 1/K. `compared::changes` looks at what training did; then
///            the cosine finds a clone as well as attention does.
/// Edges      a vector of zeros has the cosine 0 with all, itself included.
/// Cost       O(K^2 P) time, no memory. Layers are not looked at.
class cosine_similarity {
 public:
  struct config {
    double temperature = 0.125;  ///< of the cosine; > 0, may be infinite
    compared of = compared::values;
  };

  cosine_similarity() : cosine_similarity(config{}) {}
  explicit cosine_similarity(const config& c) : config_{c} {
    MUSTER_EXPECTS(c.temperature > 0.0,
                   "muster: federated::cosine_similarity needs a temperature above zero");
  }

  void weigh(const model_set& set, std::span<double> weights) const {
    const std::size_t count = set.models.size();
    // Products of all pairs first, in the place of the weights.
    detail::for_each(set.pool, count,
                     [&](std::size_t k) { multiply(set, k, weights.subspan(k * count, count)); });
    for (std::size_t k = 0; k < count; ++k) {
      for (std::size_t j = 0; j < k; ++j) weights[k * count + j] = weights[j * count + k];
    }
    for (std::size_t k = 0; k < count; ++k) {
      for (std::size_t j = 0; j < count; ++j) {
        if (j == k) continue;
        double& w = weights[k * count + j];
        w = cosine(w, weights[k * count + k], weights[j * count + j]);
      }
    }
    for (std::size_t k = 0; k < count; ++k) {
      double& own = weights[k * count + k];
      own = cosine(own, own, own);
      detail::softmax(weights.subspan(k * count, count), config_.temperature);
    }
  }

 private:
  /// Row k of the products, from the diagonal on.
  void multiply(const model_set& set, std::size_t k, std::span<double> row) const {
    std::array<double, detail::take_at_once> own, other;
    const std::size_t size = set.models[k].size();
    for (double& x : row) x = 0.0;
    for (std::size_t first = 0; first < size; first += own.size()) {
      const std::size_t n = (std::min)(own.size(), size - first);
      detail::take(set, config_.of, k, first, std::span{own}.first(n));
      for (std::size_t j = k; j < row.size(); ++j) {
        detail::take(set, config_.of, j, first, std::span{other}.first(n));
        row[j] += detail::dot(own.data(), other.data(), n);
      }
    }
  }
  static double cosine(double product, double a, double b) noexcept {
    return a > 0.0 && b > 0.0 ? product / std::sqrt(a * b) : 0.0;
  }

  config config_;
};

static_assert(similarity_rule<cosine_similarity>);

}  // namespace muster::inline MUSTER_ABI::federated
