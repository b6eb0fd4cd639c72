// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Chooses among algorithms while they run, whatever the world does: Exp3.
///
/// Idea      which scheduler suits the hour is not known, and only the one that runs shows what it
///           gains. What it gained, divided by how probable its choice was, is on average what it
///           would have gained had it always run; weights grow exponentially with these sums, and
///           a little chance is kept for all.
/// Source    P. Auer, N. Cesa-Bianchi, Y. Freund, R. Schapire: The nonstochastic multiarmed bandit
///           problem, SIAM J. Computing 32(1), 2002, section 3.
/// Equation  p_i = (1 - c) w_i / sum_j w_j + c / K,   w_i <- w_i exp(c x / (K p_i)) of the chosen i
/// Symbols   K = choices, x = gain in [0, 1], c = `exploration`
/// Bound     E[gain] >= max_i gain_i - (e - 1) c max_i gain_i - K ln K / c, against any sequence
/// Use       `choose`, run what it says for an hour, `learn` from it. `exploration_for(K, T)` is
///           the best c for T hours: 2.63 sqrt(T K ln K) is lost then at most.
/// Cost      O(K), nothing allocates. Weights are kept as logarithms and cannot overflow.
class exp3 {
 public:
  struct config {
    std::size_t choices = 2;   ///< K; >= 1
    double exploration = 0.1;  ///< c; (0, 1]
  };

  explicit exp3(const config& c) : config_{c}, logs_(c.choices), p_(c.choices) {
    MUSTER_EXPECTS(c.choices > 0 && c.exploration > 0.0 && c.exploration <= 1.0,
                   "muster: rl::exp3 needs at least one choice, and an exploration in (0, 1]");
    weigh();
  }

  [[nodiscard]] static double exploration_for(std::size_t choices, std::uint64_t rounds) noexcept {
    const double k = static_cast<double>(choices);
    const double e = 2.718281828459045;
    if (choices < 2 || rounds == 0) return 1.0;
    return (std::min)(1.0, std::sqrt(k * std::log(k) / ((e - 1.0) * static_cast<double>(rounds))));
  }

  [[nodiscard]] std::uint32_t choose(rng& g) const noexcept {
    const double point = uniform01(g);
    std::size_t i = 0;
    for (double below = p_[0]; i + 1 < p_.size() && point >= below; below += p_[i]) ++i;
    return static_cast<std::uint32_t>(i);
  }
  /// What the choice gained, in [0, 1]. Anything else is refused: false, and nothing has changed.
  bool learn(std::uint32_t choice, double gain) {
    MUSTER_EXPECTS(choice < p_.size(), "muster: rl::exp3 learns of a choice it does not have");
    if (!(gain >= 0.0 && gain <= 1.0)) return false;
    logs_[choice] += config_.exploration * gain / (static_cast<double>(p_.size()) * p_[choice]);
    weigh();
    return true;
  }

  /// Of each choice, the next time.
  [[nodiscard]] std::span<const double> probabilities() const noexcept { return p_; }
  [[nodiscard]] const config& configuration() const noexcept { return config_; }

  /// Names in a checkpoint (nn/checkpoint.hpp) all that must be kept.
  template <class Checkpoint>
  void add_to(Checkpoint& c, std::string_view prefix = {}) {
    c.add(std::string{prefix} + "log_weights", std::span<double>{logs_});
    c.add(std::string{prefix} + "probabilities", std::span<double>{p_});
  }

 private:
  void weigh() noexcept {
    const double largest = *std::max_element(logs_.begin(), logs_.end());
    double sum = 0.0;
    for (std::size_t i = 0; i < p_.size(); ++i) {
      logs_[i] -= largest;  // only differences count
      p_[i] = std::exp(logs_[i]);
      sum += p_[i];
    }
    const double even = config_.exploration / static_cast<double>(p_.size());
    for (double& p : p_) p = (1.0 - config_.exploration) * p / sum + even;
  }

  config config_;
  std::vector<double> logs_, p_;
};

}  // namespace muster::inline MUSTER_ABI::rl
