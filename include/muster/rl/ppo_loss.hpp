// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <muster/autodiff/ops.hpp>
#include <muster/autodiff/tape.hpp>

/// The terms of the PPO loss, as functions on a tape; all means are over the rows.
///
/// Source    J. Schulman, F. Wolski, P. Dhariwal, A. Radford, O. Klimov: Proximal policy
///           optimization algorithms, 2017, eqs. 6, 7 and 9.
/// Equation  L = -mean(min(r A, clip(r, 1 - e, 1 + e) A)) - beta H + L_V
///           r = exp(ln p_new - ln p_old)
/// Symbols   A = advantages, e = clip, beta = weight of the entropy H, L_V = value loss
namespace muster::inline MUSTER_ABI::rl {

/// How far a value may be from its target: half the square, or Huber's function, which is
/// half the square up to delta and a straight line beyond.
enum class value_loss_kind : std::uint8_t { mse, huber };

template <class T, class Backend>
struct surrogate_terms {
  autodiff::var<T, Backend> loss;   ///< one number
  autodiff::var<T, Backend> ratio;  ///< [n], p_new / p_old
};

/// `log_prob`, `old_log_prob` and `advantages` are [n]. Where both branches are equal (r = 1)
/// the gradient takes the unclipped one.
template <class T, class Backend>
[[nodiscard]] surrogate_terms<T, Backend> clipped_surrogate(autodiff::var<T, Backend> log_prob,
                                                            autodiff::var<T, Backend> old_log_prob,
                                                            autodiff::var<T, Backend> advantages,
                                                            T clip_range) {
  const auto ratio = exp(log_prob - old_log_prob);
  const auto bounded = clip(ratio, T(1) - clip_range, T(1) + clip_range);
  return {-mean(minimum(ratio * advantages, bounded * advantages)), ratio};
}

/// Mean entropy in nats of rows of log-probabilities [n, actions]; these must be finite, so
/// that what is forbidden (p = 0) adds 0.
template <class T, class Backend>
[[nodiscard]] autodiff::var<T, Backend> mean_entropy(autodiff::var<T, Backend> log_probs) {
  const T rows = static_cast<T>(log_probs.shape().rows());
  return sum(exp(log_probs) * log_probs) * (T(-1) / rows);
}

/// Mean loss of predictions against targets of the same shape; `delta` only for Huber.
template <class T, class Backend>
[[nodiscard]] autodiff::var<T, Backend> value_loss(autodiff::var<T, Backend> prediction,
                                                   autodiff::var<T, Backend> target,
                                                   value_loss_kind kind, T delta) {
  const auto off = prediction - target;
  return kind == value_loss_kind::huber ? mean(huber(off, delta)) : mean(square(off)) * T(0.5);
}

/// The same, but a prediction gains nothing by moving further than `range` from the value it
/// had when the data was collected: the larger of both losses counts, row by row.
template <class T, class Backend>
[[nodiscard]] autodiff::var<T, Backend> clipped_value_loss(autodiff::var<T, Backend> prediction,
                                                           autodiff::var<T, Backend> target,
                                                           autodiff::var<T, Backend> old,
                                                           value_loss_kind kind, T delta, T range) {
  const auto off = prediction - target;
  const auto held = old + clip(prediction - old, -range, range) - target;
  if (kind == value_loss_kind::huber) return mean(maximum(huber(off, delta), huber(held, delta)));
  return mean(maximum(square(off), square(held))) * T(0.5);
}

}  // namespace muster::inline MUSTER_ABI::rl
