// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/distributions.hpp>
#include <muster/core/rng.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Noise that pulls in one direction for a while: x follows its own past.
///
/// Idea      a motor that is shaken to and fro at every step goes nowhere; correlated noise
///           explores further.
/// Source    G. Uhlenbeck, L. Ornstein: On the theory of the Brownian motion, 1930; for
///           exploration T. Lillicrap et al., 2015, with these numbers.
/// Equation  x <- x - theta x dt + sigma sqrt(dt) N(0, 1), for each number of the action
/// Rest      stationary standard deviation sigma / sqrt(2 theta) for small dt
class ornstein_uhlenbeck {
 public:
  struct config {
    double theta = 0.15;  ///< pull towards 0, per unit of time; >= 0
    double sigma = 0.2;   ///< size, per root of the unit of time; >= 0
    double step = 1.0;    ///< dt, units of time per decision; > 0
  };

  ornstein_uhlenbeck() : ornstein_uhlenbeck(config{}) {}
  explicit ornstein_uhlenbeck(config c) : config_{c} {
    MUSTER_EXPECTS(
        c.theta >= 0.0 && c.sigma >= 0.0 && c.step > 0.0,
        "muster: rl::ornstein_uhlenbeck config is out of range; see the field's comment");
  }
  /// Adds the next value of the process to each number of an action.
  void operator()(std::span<float> action, rng& g) {
    if (state_.size() != action.size()) state_.assign(action.size(), 0.0);
    const double size = config_.sigma * std::sqrt(config_.step);
    for (std::size_t i = 0; i < action.size(); ++i) {
      state_[i] += -config_.theta * state_[i] * config_.step + size * normal{}(g);
      action[i] += static_cast<float>(state_[i]);
    }
  }
  /// Back to 0: a new episode.
  void reset() noexcept {
    for (double& x : state_) x = 0.0;
  }

 private:
  config config_;
  std::vector<double> state_;
};

/// Independent normal noise at every step; for most tasks as good as the process above.
class gaussian_noise {
 public:
  struct config {
    double sigma = 0.1;  ///< standard deviation; >= 0
  };

  gaussian_noise() = default;
  explicit gaussian_noise(config c) : config_{c} {
    MUSTER_EXPECTS(c.sigma >= 0.0, "muster: rl::gaussian_noise needs sigma >= 0");
  }
  void operator()(std::span<float> action, rng& g) const noexcept {
    for (float& x : action) x += static_cast<float>(normal{0.0, config_.sigma}(g));
  }
  void reset() const noexcept {}

 private:
  config config_{};
};

}  // namespace muster::inline MUSTER_ABI::rl
