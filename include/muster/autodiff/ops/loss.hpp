// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include <muster/autodiff/tape.hpp>

namespace muster::inline MUSTER_ABI::autodiff {

namespace detail {

template <class T>
struct huber_op {
  T delta;

  [[nodiscard]] const char* name() const noexcept { return "huber"; }
  void forward(const auto& step) const {
    step.backend().huber(step.input(0), delta, step.output());
  }
  void backward(auto& step) const {
    step.backend().huber_backward(step.input(0), delta, step.output_gradient(),
                                  step.input_gradient(0));
  }
};

}  // namespace detail

/// x²/2 where |x| <= delta, delta (|x| - delta/2) outside: a square that outliers do not rule.
/// Element by element; take `mean(huber(prediction - target, delta))` for a loss.
/// Source  P. Huber: Robust estimation of a location parameter, 1964.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> huber(var<T, Backend> x, std::type_identity_t<T> delta) {
  MUSTER_EXPECTS(delta > T(0), "muster: autodiff::huber needs delta above zero; 1 is usual");
  return x.on().record(detail::huber_op<T>{delta}, {&x, 1}, x.shape());
}

}  // namespace muster::inline MUSTER_ABI::autodiff
