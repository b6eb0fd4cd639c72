// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <muster/autodiff/ops.hpp>
#include <muster/autodiff/tape.hpp>
#include <muster/core/contracts.hpp>
#include <muster/num/backend/simd.hpp>
#include <muster/rl/detail/staging.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Of the return of an action its distribution is learned, as quantiles: distributional Q-learning.
///
/// Idea      two actions of one mean may differ in what they risk, and a network that must tell the
///           whole distribution learns more from each transition. Quantile regression pulls the
///           number for level tau upwards with weight tau where it is below a sample, downwards
///           with 1 - tau where it is above: at rest it is the quantile.
/// Source    W. Dabney, M. Rowland, M. Bellemare, R. Munos: Distributional reinforcement learning
///           with quantile regression, AAAI 2018, eqs. 8 to 10 and Algorithm 1 (QR-DQN).
/// Equation  L = 1/(n N) sum_s sum_i sum_j |tau_i - 1{u < 0}| huber(u),   u = y_j(s) - theta_i(s)
/// Symbols   n = minibatch, N = quantiles, tau_i = (2 i + 1) / (2 N), theta = predicted,
///           y_j = r + g theta'_j(s', a*)
/// Use       `rl::dqn<nn::mlp<>, rl::quantile_value<>>`; the quantiles of each action are
///           `policy().outputs(...)`, in order of their levels.
/// Notice    where Huber's loss is a square (|u| < delta) the numbers lean from quantiles towards
///           expectiles; a delta small beside the spread of returns keeps them quantiles.
/// Cost      n N² numbers per gradient step instead of n.
template <class T = float, class Backend = num::simd>
class quantile_value {
 public:
  using var_type = autodiff::var<T, Backend>;

  struct config {
    std::size_t quantiles = 32;  ///< N; >= 1
  };

  quantile_value() : quantile_value(config{}) {}
  explicit quantile_value(config c) : quantiles_{c.quantiles} {
    MUSTER_EXPECTS(c.quantiles > 0, "muster: rl::quantile_value needs at least one quantile");
    levels_.reserve(quantiles_);
    for (std::size_t i = 0; i < quantiles_; ++i) levels_.host()[i] = static_cast<T>(level(i));
  }

  [[nodiscard]] std::size_t numbers() const noexcept { return quantiles_; }
  /// tau of the i-th number.
  [[nodiscard]] double level(std::size_t i) const noexcept {
    return (2.0 * static_cast<double>(i) + 1.0) / (2.0 * static_cast<double>(quantiles_));
  }

  /// Of predictions [n, N] against samples of the return [n, N], both on the tape.
  [[nodiscard]] var_type loss(var_type prediction, var_type target, T delta) {
    const std::size_t n = prediction.shape()[0], m = quantiles_;
    const var_type tau = prediction.on().constant(levels_.commit({m, 1}));
    const var_type off = reshape(target, {n, 1, m}) - reshape(prediction, {n, m, 1});
    const var_type below = huber(relu(off), delta), above = huber(relu(-off), delta);
    return sum(below * tau + above * (T(1) - tau)) * (T(1) / static_cast<T>(n * m));
  }

 private:
  std::size_t quantiles_;
  detail::staging<T, Backend> levels_;
};

}  // namespace muster::inline MUSTER_ABI::rl
