// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <muster/autodiff/ops.hpp>
#include <muster/autodiff/tape.hpp>
#include <muster/core/contracts.hpp>
#include <muster/core/distributions.hpp>
#include <muster/core/rng.hpp>
#include <muster/num/view.hpp>
#include <muster/rl/exploration_noise.hpp>
#include <muster/rl/masked_categorical.hpp>

/// What the outputs of a deterministic policy mean: the part of `ddpg` that knows actions.
///
/// Each kind says in three forms what becomes of a row of outputs: `settle` the action itself,
/// `explore` the action with noise, both in host memory and in place; `on_tape` the action as a
/// differentiable function for the policy gradient.
namespace muster::inline MUSTER_ABI::rl {

/// Numbers in [-1, 1]: a = tanh(x). Exploring adds noise and cuts off at the bounds.
template <class Noise = ornstein_uhlenbeck>
class box_action {
 public:
  struct config {
    typename Noise::config noise{};
  };
  static constexpr bool discrete = false;

  box_action() : box_action(config{}) {}
  explicit box_action(const config& c) : noise_{c.noise} {}

  void settle(std::span<float> row, std::span<const std::uint8_t>) const noexcept {
    for (float& x : row) x = std::tanh(x);
  }
  void explore(std::span<float> row, std::span<const std::uint8_t> mask, rng& g) {
    settle(row, mask);
    noise_(row, g);
    for (float& x : row) x = x < -1.0F ? -1.0F : (x > 1.0F ? 1.0F : x);
  }
  /// A new episode: correlated noise starts anew.
  void begin() noexcept { noise_.reset(); }

  template <class T, class Backend>
  [[nodiscard]] autodiff::var<T, Backend> on_tape(autodiff::var<T, Backend> outputs,
                                                  num::view<const std::uint8_t>) const {
    return tanh(outputs);
  }

 private:
  Noise noise_;
};

/// One of several: outputs are scores, the action is the unit vector of the largest.
///
/// Idea      a step function has no gradient. So the policy gradient goes through the softmax
///           of the scores, with noise that makes the largest a draw from that softmax, and the
///           critic sees a vector that is (hard) or is near (soft) the one that was played.
/// Source    E. Jang, S. Gu, B. Poole: Categorical reparameterization with Gumbel-softmax, and
///           C. Maddison, A. Mnih, Y. Teh: The concrete distribution, both ICLR 2017; for DDPG
///           R. Lowe et al.: Multi-agent actor-critic for mixed cooperative-competitive
///           environments, NIPS 2017.
/// Equation  p = softmax((x + n) / T) over what is allowed, n_k = -ln(-ln u_k) or 0
///           soft: a = p;  hard: a = e_argmax(x + n) as a value, p as a gradient
/// Explore   with probability `random` any allowed one, else the largest of x + n
class relaxed_choice {
 public:
  struct config {
    double temperature = 1.0;  ///< T, of the softmax; > 0
    bool gumbel = true;        ///< noise in the gradient; without it always the largest score
    bool hard = true;          ///< see above
    double random = 0.1;       ///< part of exploring decisions taken blindly; [0, 1]
  };
  static constexpr bool discrete = true;

  constexpr relaxed_choice() noexcept = default;
  explicit relaxed_choice(const config& c) : config_{c} {
    MUSTER_EXPECTS(c.temperature > 0.0 && c.random >= 0.0 && c.random <= 1.0,
                   "muster: rl::relaxed_choice config is out of range; see the field's comment");
  }
  [[nodiscard]] const config& settings() const noexcept { return config_; }

  /// The unit vector of the best allowed score, ties to the smaller action.
  void settle(std::span<float> row, std::span<const std::uint8_t> mask) const noexcept {
    set(row, greedy_action(row, mask));
  }
  void explore(std::span<float> row, std::span<const std::uint8_t> mask, rng& g) const noexcept {
    set(row, draw(row, mask, g).first);
  }
  void begin() const noexcept {}

  /// An exploring action and its probability. Takes one number of `g`, and one per action
  /// (allowed or not) where it does not act blindly, else one more.
  [[nodiscard]] std::pair<std::uint32_t, double> draw(std::span<const float> scores,
                                                      std::span<const std::uint8_t> mask,
                                                      rng& g) const noexcept {
    std::size_t allowed = 0;
    double largest = -1e300;
    for (std::size_t k = 0; k < scores.size(); ++k) {
      if (!detail::allowed(mask, k)) continue;
      ++allowed;
      largest = static_cast<double>(scores[k]) > largest ? static_cast<double>(scores[k]) : largest;
    }
    MUSTER_EXPECTS(allowed > 0,
                   "muster: rl::relaxed_choice found no allowed action; keep one "
                   "entry of the mask 1");
    std::uint32_t chosen = 0;
    if (uniform01(g) < config_.random) {
      std::uint64_t n = uniform_below(g, allowed);
      while (!detail::allowed(mask, chosen) || n-- != 0) ++chosen;
    } else {
      double best = -1e300;
      for (std::size_t k = 0; k < scores.size(); ++k) {
        const double noise = gumbel{}(g);
        const double score = static_cast<double>(scores[k]) / config_.temperature + noise;
        if (detail::allowed(mask, k) && score > best) {
          best = score;
          chosen = static_cast<std::uint32_t>(k);
        }
      }
    }
    double sum = 0.0;
    const auto weight = [&](std::size_t k) {
      return std::exp((static_cast<double>(scores[k]) - largest) / config_.temperature);
    };
    for (std::size_t k = 0; k < scores.size(); ++k) {
      if (detail::allowed(mask, k)) sum += weight(k);
    }
    return {chosen, config_.random / static_cast<double>(allowed) +
                        (1.0 - config_.random) * weight(chosen) / sum};
  }

  /// Gumbel noise in units of the scores; zeros without `gumbel`.
  void noise(std::span<float> out, rng& g) const noexcept {
    for (float& x : out) {
      x = config_.gumbel ? static_cast<float>(config_.temperature * gumbel{}(g)) : 0.0F;
    }
  }

  /// The action of outputs with noise added already; `hard` holds its unit vectors, or is empty
  /// for the soft form.
  template <class T, class Backend>
  [[nodiscard]] autodiff::var<T, Backend> on_tape(autodiff::var<T, Backend> outputs,
                                                  num::view<const std::uint8_t> mask,
                                                  num::view<const T> hard) const {
    const auto scaled = outputs * static_cast<T>(1.0 / config_.temperature);
    const auto p = mask.empty() ? softmax(scaled) : masked_softmax(scaled, mask);
    if (hard.empty()) return p;
    return p + stop_gradient(outputs.on().constant(hard) - p);
  }

 private:
  static void set(std::span<float> row, std::size_t chosen) noexcept {
    for (std::size_t k = 0; k < row.size(); ++k) row[k] = k == chosen ? 1.0F : 0.0F;
  }

  config config_{};
};

}  // namespace muster::inline MUSTER_ABI::rl
