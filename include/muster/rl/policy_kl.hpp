// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/autodiff/ops.hpp>
#include <muster/autodiff/tape.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// How far one policy is from another: the mean of KL(p | q) over rows of log-probabilities
/// [n, actions], in nats, on the tape. The gradient goes to whichever of both has one.
///
/// Idea      added to a client's loss with the common policy as one of the two, it holds the
///           behaviour of the client near the common one, where FedProx holds its parameters.
/// Source    Z. Xie, S. Song: FedKL: Tackling data heterogeneity in federated reinforcement
///           learning by penalizing KL divergence, IEEE JSAC 2023. Here the term alone: which
///           policy stands on which side, and with what weight, is the caller's choice.
/// Equation  mean over rows of sum_a p_a (ln p_a - ln q_a)
/// Use       `loss + mean_kl(tape.constant(common), log_probs) * weight`: what is measured is then
///           KL(common | local), which keeps every action that the common policy takes possible.
/// Masked    as rl/heads.hpp writes it: finite logarithms, so that what both forbid adds 0.
/// Exact     0 where the rows are equal; the gradient with respect to logits is 0 there too.
template <class T, class Backend>
[[nodiscard]] autodiff::var<T, Backend> mean_kl(autodiff::var<T, Backend> log_p,
                                                autodiff::var<T, Backend> log_q) {
  const T rows = static_cast<T>(log_p.shape().rows());
  return sum(exp(log_p) * (log_p - log_q)) * (T(1) / rows);
}

}  // namespace muster::inline MUSTER_ABI::rl
