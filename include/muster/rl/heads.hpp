// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <muster/autodiff/ops.hpp>
#include <muster/autodiff/tape.hpp>
#include <muster/concepts/policy.hpp>
#include <muster/num/view.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Probabilities by softmax over the allowed actions: what to use unless a paper says else.
///
/// Equation  p_j = m_j e^{x_j} / sum_i m_i e^{x_i}
/// Symbols   x = outputs of the network, m = mask (1 = allowed); an empty mask is all ones
/// Masked    probability exactly 0, no gradient; the log-probability is a large negative
///           finite number.
struct masked_softmax_head {
  template <class T, class Backend>
  [[nodiscard]] autodiff::var<T, Backend> log_probs(autodiff::tape<T, Backend>&,
                                                    autodiff::var<T, Backend> logits,
                                                    num::view<const std::uint8_t> mask) const {
    return mask.empty() ? log_softmax(logits) : masked_log_softmax(logits, mask);
  }

  template <class T, class Backend>
  void probabilities(const Backend& backend, num::view<const T> logits,
                     num::view<const std::uint8_t> mask, num::view<T> probabilities) const {
    if (mask.empty()) {
      backend.softmax(logits, probabilities);
    } else {
      backend.masked_softmax(logits, mask, probabilities);
    }
  }
};

/// Probabilities proportional to ReLU + 1 of the outputs, as KMPS prints it.
///
/// Equation  p_j = m_j (max(x_j, 0) + 1) / sum_i m_i (max(x_i, 0) + 1)
/// Source    KMPS, eq. 2 with the "ReLU + 1" output layer of section IV-A, taken literally.
/// Notice    where x_j < 0 the gradient is zero, so an action that was pushed below zero for
///           all states is not pushed further, and no probability falls below 1 / (sum of all):
///           the policy stays soft. The paper's formula has both properties; the softmax head
///           has neither.
/// Masked    probability exactly 0, no gradient; ln p is taken of at least 1e-30.
struct relu1_l1_head {
  template <class T, class Backend>
  [[nodiscard]] autodiff::var<T, Backend> log_probs(autodiff::tape<T, Backend>&,
                                                    autodiff::var<T, Backend> logits,
                                                    num::view<const std::uint8_t> mask) const {
    // clip has no gradient below its bound: what is masked stays out of the backward pass.
    return log(clip(relu1_l1(logits, mask), T(1e-30), T(1)));
  }

  template <class T, class Backend>
  void probabilities(const Backend& backend, num::view<const T> logits,
                     num::view<const std::uint8_t> mask, num::view<T> probabilities) const {
    backend.relu1_l1(logits, mask, probabilities);
  }
};

}  // namespace muster::inline MUSTER_ABI::rl
