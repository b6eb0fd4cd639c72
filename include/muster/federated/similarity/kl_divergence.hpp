// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <muster/federated/detail/attend.hpp>
#include <muster/federated/similarity/rule.hpp>

namespace muster::inline MUSTER_ABI::federated {

/// Clients listen to models whose parameters are distributed like their own.
///
/// Idea       a comparator: each model is read as a histogram of its parameters.
/// Source     PFRL-DM, section 3.3 and Fig. 12, which names the measure and calls what it sees
///            "distribution features"; the reading as histograms and the weights are ours.
/// Equation   KL(p || q) = sum over bins of p log(p / q)
///            w_kj = softmax over j of -KL(p_k || p_j) / temperature
/// Symbols    p_k(bin) = (numbers of model k in the bin + 1) / (P + bins): the ones keep the
///            logarithm finite. The bins divide the range of all models' numbers equally.
/// Limits     which parameter has which value is lost: models of quite different functions may
///            have equal histograms, and models trained from one global model nearly have.
/// Cost       O(K P + K^2 bins) time, K bins doubles. Layers are not looked at.
class kl_similarity {
 public:
  struct config {
    std::size_t bins = 64;       ///< of the histogram; > 1
    double temperature = 0.125;  ///< of the divergence, in nats; > 0, may be infinite
    compared of = compared::values;
  };

  kl_similarity() : kl_similarity(config{}) {}
  explicit kl_similarity(const config& c) : config_{c} {
    MUSTER_EXPECTS(c.bins > 1 && c.temperature > 0.0,
                   "muster: federated::kl_similarity needs two bins or more and a temperature "
                   "above zero");
  }

  void weigh(const model_set& set, std::span<double> weights) {
    const std::size_t count = set.models.size();
    bounds_.resize(count);
    shares_.resize(count * config_.bins);
    detail::for_each(set.pool, count, [&](std::size_t k) {
      range own = {HUGE_VAL, -HUGE_VAL};
      each_block(set, k, [&](std::span<const double> block) {
        for (const double x : block) {
          own.low = (std::min)(own.low, x);
          own.high = (std::max)(own.high, x);
        }
      });
      bounds_[k] = own;
    });
    range all = bounds_[0];
    for (const range& r : bounds_) {
      all = {(std::min)(all.low, r.low), (std::max)(all.high, r.high)};
    }
    detail::for_each(set.pool, count, [&](std::size_t k) { count_shares(set, k, all); });
    for (std::size_t k = 0; k < count; ++k) {
      const std::span<double> row = weights.subspan(k * count, count);
      for (std::size_t j = 0; j < count; ++j) row[j] = -divergence(shares(k), shares(j));
      detail::softmax(row, config_.temperature);
    }
  }

 private:
  struct range {
    double low, high;
  };

  void each_block(const model_set& set, std::size_t k, const auto& f) const {
    std::array<double, detail::take_at_once> block;
    const std::size_t size = set.models[k].size();
    for (std::size_t first = 0; first < size; first += block.size()) {
      const auto some = std::span{block}.first((std::min)(block.size(), size - first));
      detail::take(set, config_.of, k, first, some);
      f(some);
    }
  }
  void count_shares(const model_set& set, std::size_t k, range all) {
    const std::span<double> bins = shares(k);
    const double width = all.high - all.low;
    const double per_number = width > 0.0 ? static_cast<double>(bins.size()) / width : 0.0;
    for (double& b : bins) b = 1.0;
    each_block(set, k, [&](std::span<const double> block) {
      for (const double x : block) {
        const auto bin = static_cast<std::size_t>((x - all.low) * per_number);
        bins[(std::min)(bin, bins.size() - 1)] += 1.0;
      }
    });
    const auto total = static_cast<double>(set.models[k].size() + bins.size());
    for (double& b : bins) b /= total;
  }
  static double divergence(std::span<const double> p, std::span<const double> q) noexcept {
    double sum = 0.0;
    for (std::size_t b = 0; b < p.size(); ++b) sum += p[b] * std::log(p[b] / q[b]);
    return sum;
  }
  [[nodiscard]] std::span<double> shares(std::size_t k) noexcept {
    return std::span{shares_}.subspan(k * config_.bins, config_.bins);
  }

  config config_;
  std::vector<range> bounds_;
  std::vector<double> shares_;
};

static_assert(similarity_rule<kl_similarity>);

}  // namespace muster::inline MUSTER_ABI::federated
