// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/concepts/environment.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::env {

/// A pole on a cart: push left or right at each step so that it stays up.
///
/// Source    A. Barto, R. Sutton, C. Anderson: Neuronlike adaptive elements that can solve
///           difficult learning control problems, 1983; constants, the explicit Euler step and
///           the limit of 500 steps as in the common "CartPole-v1".
/// Equation  theta'' = (g sin(theta) - cos(theta) f) / (l (4/3 - m_p cos(theta)^2 / m))
///           x''     = f - m_p l theta'' cos(theta) / m,
///           f = (push + m_p l theta'^2 sin(theta)) / m
/// Symbols   m = mass of both, m_p = mass of the pole, l = half its length, g = gravity
/// Observation    x [m], x' [m/s], theta [rad], theta' [rad/s]. Actions: 0 = left, 1 = right.
/// Reward    1 per step, also for the one that fails. Falling or leaving the track
///           terminates; reaching the limit of steps truncates.
/// Determinism    randomness only in `reset`: four numbers in [-spread, spread].
class cart_pole {
 public:
  struct config {
    double gravity = 9.8;                      ///< m/s^2; > 0
    double cart_mass = 1.0;                    ///< kg; > 0
    double pole_mass = 0.1;                    ///< kg; > 0
    double half_length = 0.5;                  ///< m, of the pole; > 0
    double push = 10.0;                        ///< N; > 0
    double time_step = 0.02;                   ///< s; > 0
    double angle_limit = 0.20943951023931953;  ///< rad (12 degrees); > 0
    double track_limit = 2.4;                  ///< m; > 0
    double spread = 0.05;                      ///< of the four starting numbers; >= 0
    std::uint32_t step_limit = 500;            ///< steps until truncation; >= 1
  };

  cart_pole() noexcept = default;
  explicit cart_pole(config c) noexcept : config_{c} {}

  [[nodiscard]] std::size_t observation_size() const noexcept { return 4; }
  [[nodiscard]] std::size_t action_count() const noexcept { return 2; }

  void reset(rng& g) noexcept {
    for (double& s : state_) s = (2.0 * uniform01(g) - 1.0) * config_.spread;
    steps_ = 0;
  }

  [[nodiscard]] step_outcome step(std::uint32_t action, rng&) noexcept {
    MUSTER_EXPECTS(action < 2, "muster: env::cart_pole pushes left or right; pass action 0 or 1");
    auto& [x, speed, angle, spin] = state_;
    const double mass = config_.cart_mass + config_.pole_mass;
    const double moment = config_.pole_mass * config_.half_length;
    const double push = action == 1 ? config_.push : -config_.push;
    const double c = std::cos(angle);
    const double s = std::sin(angle);
    const double f = (push + moment * spin * spin * s) / mass;
    const double spin_change =
        (config_.gravity * s - c * f) /
        (config_.half_length * (4.0 / 3.0 - config_.pole_mass * c * c / mass));
    const double speed_change = f - moment * spin_change * c / mass;
    x += config_.time_step * speed;
    speed += config_.time_step * speed_change;
    angle += config_.time_step * spin;
    spin += config_.time_step * spin_change;
    ++steps_;
    const bool failed = std::abs(x) > config_.track_limit || std::abs(angle) > config_.angle_limit;
    return {
        .reward = 1.0F, .terminated = failed, .truncated = !failed && steps_ >= config_.step_limit};
  }

  void observe(std::span<float> observation) const noexcept {
    for (std::size_t i = 0; i < 4; ++i) observation[i] = static_cast<float>(state_[i]);
  }

  /// Puts the cart into a given state: x, x', theta, theta'.
  void place(const std::array<double, 4>& state) noexcept {
    state_ = state;
    steps_ = 0;
  }
  [[nodiscard]] const std::array<double, 4>& state() const noexcept { return state_; }

 private:
  config config_{};
  std::array<double, 4> state_{};
  std::uint32_t steps_ = 0;
};

static_assert(environment<cart_pole>);

}  // namespace muster::inline MUSTER_ABI::env
