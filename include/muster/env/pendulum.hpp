// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/concepts/environment.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::env {

/// A pendulum to be swung up and held by a motor that is too weak to lift it at once: the usual
/// small problem for continuous actions.
///
/// Source    constants, the step and the reward as in the common "Pendulum-v1".
/// Equation  theta'' = 3 g sin(theta) / (2 l) + 3 u / (m l^2), theta measured from upright;
///           one semi-implicit Euler step: speed first, limited, then the angle with the new speed
/// Symbols   g = gravity, m = mass of the rod, l = its length, u = torque
/// Observation    cos(theta), sin(theta), theta' / speed_limit.
/// Action    one number in [-1, 1], times `torque_limit`; what lies outside is cut off.
/// Reward    -(theta^2 + 0.1 theta'^2 + 0.001 u^2) with theta in (-pi, pi], before the step; at
///           best 0, about -16 hanging down. Never terminates; the limit of steps truncates.
/// Determinism    randomness only in `reset`: angle and speed.
class pendulum {
 public:
  struct config {
    double gravity = 10.0;           ///< m/s^2; >= 0
    double mass = 1.0;               ///< kg; > 0
    double length = 1.0;             ///< m; > 0
    double torque_limit = 2.0;       ///< N m; > 0
    double speed_limit = 8.0;        ///< rad/s; > 0
    double time_step = 0.05;         ///< s; > 0
    double spread_speed = 1.0;       ///< rad/s, of the first speed, either way; >= 0
    std::uint32_t step_limit = 200;  ///< steps until truncation; >= 1
  };

  pendulum() noexcept = default;
  explicit pendulum(config c) noexcept : config_{c} {}

  [[nodiscard]] std::size_t observation_size() const noexcept { return 3; }
  /// Numbers of an action.
  [[nodiscard]] std::size_t action_size() const noexcept { return 1; }

  void reset(rng& g) noexcept {
    angle_ = (2.0 * uniform01(g) - 1.0) * pi;
    speed_ = (2.0 * uniform01(g) - 1.0) * config_.spread_speed;
    steps_ = 0;
  }

  step_outcome step(std::span<const float> action, rng&) noexcept {
    MUSTER_EXPECTS(action.size() == 1, "muster: env::pendulum has one motor; pass one number");
    const double u =
        config_.torque_limit * (std::min)((std::max)(static_cast<double>(action[0]), -1.0), 1.0);
    const double off = centred(angle_);
    const double cost = off * off + 0.1 * speed_ * speed_ + 0.001 * u * u;
    const double l = config_.length;
    const double change =
        1.5 * config_.gravity / l * std::sin(angle_) + 3.0 * u / (config_.mass * l * l);
    speed_ = (std::min)((std::max)(speed_ + change * config_.time_step, -config_.speed_limit),
                        config_.speed_limit);
    angle_ += speed_ * config_.time_step;
    ++steps_;
    return {.reward = static_cast<float>(-cost),
            .terminated = false,
            .truncated = steps_ >= config_.step_limit};
  }

  void observe(std::span<float> observation) const noexcept {
    observation[0] = static_cast<float>(std::cos(angle_));
    observation[1] = static_cast<float>(std::sin(angle_));
    observation[2] = static_cast<float>(speed_ / config_.speed_limit);
  }

  /// Puts the pendulum into a given state: rad from upright, rad/s.
  void place(double angle, double speed) noexcept {
    angle_ = angle;
    speed_ = speed;
    steps_ = 0;
  }
  /// Angle from upright, not reduced to one turn, and speed.
  [[nodiscard]] std::array<double, 2> state() const noexcept { return {angle_, speed_}; }

 private:
  static constexpr double pi = 3.14159265358979323846;
  /// The same angle in (-pi, pi].
  [[nodiscard]] static double centred(double angle) noexcept {
    return angle - 2.0 * pi * std::ceil((angle - pi) / (2.0 * pi));
  }

  config config_{};
  double angle_ = pi;
  double speed_ = 0.0;
  std::uint32_t steps_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::env
