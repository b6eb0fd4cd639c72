// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/rl/masked_categorical.hpp>
#include <muster/rl/rollout.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// A trajectory is one sample, weighed by the product of its ratios: exact, but the product of many
/// ratios scatters widely, so long episodes need a cap or small steps.
struct whole_trajectory {
  /// Gives each decision the number of its sample; returns how many samples there are. `next` is
  /// ppo_batch::next, which points forwards.
  static std::size_t number(std::span<const std::uint32_t> next,
                            std::span<std::uint32_t> sample) noexcept {
    std::uint32_t count = 0;
    std::fill(sample.begin(), sample.end(), ppo_batch::no_next);
    for (std::size_t i = 0; i < next.size(); ++i) {
      if (sample[i] == ppo_batch::no_next) sample[i] = count++;
      if (next[i] != ppo_batch::no_next) sample[next[i]] = sample[i];
    }
    return count;
  }
};

/// A decision is one sample, weighed by its own ratio: little scatter, but it leaves out that other
/// decisions before it lead to other states, so it is biased.
struct each_decision {
  static std::size_t number(std::span<const std::uint32_t> next,
                            std::span<std::uint32_t> sample) noexcept {
    for (std::size_t i = 0; i < sample.size(); ++i) sample[i] = static_cast<std::uint32_t>(i);
    return next.size();
  }
};

/// How the weights of a batch turned out.
struct weight_summary {
  double mean = 1.0;     ///< over samples, before the cap; its expectation is 1
  double largest = 1.0;  ///< before the cap
  double capped = 0.0;   ///< part of the samples that were capped
  double kl = 0.0;       ///< mean of (r - 1) - ln r per decision, an estimate of KL(own | other)
};

/// What data of one policy count for another one.
///
/// Equation  w = prod over the decisions of a sample of pi_other(a | s) / pi(a | s); then
///           E_pi[w f(tau)] = E_other[f(tau)] for every f, as the environment's own chances cancel
/// Safety    logarithms are summed in double and capped before `exp`: no product over- or
///           underflows on the way. A cap biases towards 0 what it touches; without one (0) a
///           weight may become infinite, which `summary.largest` shows.
/// Cost      O(n); nothing allocates once a batch of that size went through.
/// Determinism    sums run in the order of decisions.
template <class Sample = whole_trajectory>
class importance_weights {
 public:
  /// Weighs a batch for the policy `other` (rl/actor.hpp), `block` rows at a time. `cap` is at
  /// least 1, or 0 for none. The batch's log_probs are those of the policy that drew it.
  template <class Actor>
  weight_summary measure(Actor& other, const ppo_batch& b, std::size_t block, double cap) {
    MUSTER_EXPECTS(cap == 0.0 || cap >= 1.0,
                   "muster: rl::importance_weights needs a cap of at least 1, or 0 for none");
    begin(b.next);
    weight_summary s;
    const std::size_t n = b.size();
    const std::size_t actions = other.actions();
    probabilities_.resize((std::min)(n, block) * actions);
    for (std::size_t first = 0; first < n; first += block) {
      const std::size_t rows = (std::min)(block, n - first);
      const std::span<float> p = std::span{probabilities_}.first(rows * actions);
      other.probabilities(
          b.observations.subspan(first * other.in(), rows * other.in()),
          b.masks.empty() ? b.masks : b.masks.subspan(first * actions, rows * actions), p);
      for (std::size_t k = 0; k < rows; ++k) {
        const std::size_t i = first + k;
        const float theirs = action_log_prob(p.subspan(k * actions, actions), b.actions[i]);
        const double gap = static_cast<double>(theirs) - static_cast<double>(b.log_probs[i]);
        weights_[sample_[i]] += gap;
        const double shown = (std::clamp)(gap, -100.0, 100.0);  // exp of it stays finite
        s.kl += (std::expm1(shown) - shown) / static_cast<double>(n);
      }
    }
    finish(cap, s);
    return s;
  }
  /// Numbers the samples of a batch with these successors (ppo_batch::next), as `measure` does
  /// first: for who needs their count but no weights.
  void begin(std::span<const std::uint32_t> next) {
    sample_.resize(next.size());
    weights_.assign(Sample::number(next, sample_), 0.0);
  }
  /// Samples in the batch.
  [[nodiscard]] std::size_t size() const noexcept { return weights_.size(); }
  /// The weight of the sample that decision `i` belongs to; after `measure`.
  [[nodiscard]] double operator[](std::size_t i) const noexcept { return weights_[sample_[i]]; }

 private:
  void finish(double cap, weight_summary& s) {
    s.mean = s.largest = 0.0;
    const double share = 1.0 / static_cast<double>(size());
    const double limit = cap > 0.0 ? std::log(cap) : std::numeric_limits<double>::infinity();
    for (double& w : weights_) {
      const bool capped = w > limit;
      const double exact = std::exp(w);
      s.mean += exact * share;
      s.largest = (std::max)(s.largest, exact);
      if (capped) s.capped += share;
      w = capped ? cap : exact;
    }
  }

  std::vector<std::uint32_t> sample_;
  std::vector<double> weights_;  // logarithms until `finish`
  std::vector<float> probabilities_;
};

}  // namespace muster::inline MUSTER_ABI::rl
