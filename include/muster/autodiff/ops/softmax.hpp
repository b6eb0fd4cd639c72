// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <muster/autodiff/tape.hpp>

namespace muster::inline MUSTER_ABI::autodiff {

/// Which entries are allowed: non-zero is allowed. Refers to memory of the backend, which must
/// live until the tape is reset. Empty allows everything.
using mask_view = num::view<const std::uint8_t>;

namespace detail {

struct softmax_op {
  mask_view mask;

  [[nodiscard]] const char* name() const noexcept { return "softmax"; }
  void forward(const auto& step) const {
    if (mask.empty()) {
      step.backend().softmax(step.input(0), step.output());
    } else {
      step.backend().masked_softmax(step.input(0), mask, step.output());
    }
  }
  // Masked results are exactly 0, so the plain derivative is right for them as well.
  void backward(auto& step) const {
    step.backend().softmax_backward(step.output(), step.output_gradient(), step.input_gradient(0));
  }
};

struct log_softmax_op {
  mask_view mask;

  [[nodiscard]] const char* name() const noexcept { return "log_softmax"; }
  void forward(const auto& step) const {
    if (mask.empty()) {
      step.backend().log_softmax(step.input(0), step.output());
    } else {
      step.backend().masked_log_softmax(step.input(0), mask, step.output());
    }
  }
  void backward(auto& step) const {
    if (mask.empty()) {
      step.backend().log_softmax_backward(step.output(), step.output_gradient(),
                                          step.input_gradient(0));
    } else {
      step.backend().masked_log_softmax_backward(step.output(), mask, step.output_gradient(),
                                                 step.input_gradient(0));
    }
  }
};

struct relu1_l1_op {
  mask_view mask;

  [[nodiscard]] const char* name() const noexcept { return "relu1_l1"; }
  void forward(const auto& step) const {
    step.backend().relu1_l1(step.input(0), mask, step.output());
  }
  void backward(auto& step) const {
    step.backend().relu1_l1_backward(step.input(0), mask, step.output(), step.output_gradient(),
                                     step.input_gradient(0));
  }
};

template <class Op, class T, class Backend>
[[nodiscard]] var<T, Backend> row_wise(const Op& op, var<T, Backend> x) {
  MUSTER_EXPECTS(x.shape().rank() > 0 && (op.mask.empty() || op.mask.size() == x.value().size()),
                 "muster: autodiff: a softmax takes x of rank 1 or more and a mask of the same "
                 "size; repeat the mask for each row");
  return x.on().record(op, {&x, 1}, x.shape());
}

}  // namespace detail

/// Probabilities along the last axis: exp(x) / sum exp(x).
template <class T, class Backend>
[[nodiscard]] var<T, Backend> softmax(var<T, Backend> x) {
  return detail::row_wise(detail::softmax_op{}, x);
}
/// log softmax, without the detour that loses digits.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> log_softmax(var<T, Backend> x) {
  return detail::row_wise(detail::log_softmax_op{}, x);
}
/// Softmax over the allowed entries; the others are exactly 0 and get no gradient.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> masked_softmax(var<T, Backend> x, mask_view mask) {
  return detail::row_wise(detail::softmax_op{mask}, x);
}
/// Its logarithm; entries that are not allowed hold `num::masked_log_probability`, which is
/// finite, and get no gradient.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> masked_log_softmax(var<T, Backend> x, mask_view mask) {
  return detail::row_wise(detail::log_softmax_op{mask}, x);
}
/// The policy of KMPS, Eq. 2: (max(0, x) + 1) m / sum ((max(0, x) + 1) m).
template <class T, class Backend>
[[nodiscard]] var<T, Backend> relu1_l1(var<T, Backend> x, mask_view mask = {}) {
  return detail::row_wise(detail::relu1_l1_op{mask}, x);
}

}  // namespace muster::inline MUSTER_ABI::autodiff
