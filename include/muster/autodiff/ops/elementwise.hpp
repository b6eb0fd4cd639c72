// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/autodiff/tape.hpp>

namespace muster::inline MUSTER_ABI::autodiff {

namespace detail {

struct unary_op {
  num::unary f;

  [[nodiscard]] const char* name() const noexcept {
    using enum num::unary;
    switch (f) {
      case negate:
        return "negate";
      case exp:
        return "exp";
      case log:
        return "log";
      case abs:
        return "abs";
      case square:
        return "square";
      case sqrt:
        return "sqrt";
      case relu:
        return "relu";
      case leaky_relu:
        return "leaky_relu";
      case elu:
        return "elu";
      case tanh:
        return "tanh";
      case sigmoid:
        return "sigmoid";
      case softplus:
        return "softplus";
    }
    return "unary";
  }
  void forward(const auto& step) const { step.backend().apply(f, step.input(0), step.output()); }
  void backward(auto& step) const {
    step.backend().apply_backward(f, step.input(0), step.output(), step.output_gradient(),
                                  step.input_gradient(0));
  }
};

template <class T>
struct clip_op {
  T low;
  T high;

  [[nodiscard]] const char* name() const noexcept { return "clip"; }
  void forward(const auto& step) const {
    step.backend().clip(step.input(0), low, high, step.output());
  }
  void backward(auto& step) const {
    step.backend().clip_backward(step.input(0), low, high, step.output_gradient(),
                                 step.input_gradient(0));
  }
};

template <class T, class Backend>
[[nodiscard]] var<T, Backend> unary(num::unary f, var<T, Backend> x) {
  return x.on().record(unary_op{f}, {&x, 1}, x.shape());
}

}  // namespace detail

/// Functions of each element. At a kink (0 of ReLU and abs) the slope is the backend's choice,
/// 0 for ReLU.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> operator-(var<T, Backend> x) {
  return detail::unary(num::unary::negate, x);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> exp(var<T, Backend> x) {
  return detail::unary(num::unary::exp, x);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> log(var<T, Backend> x) {
  return detail::unary(num::unary::log, x);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> abs(var<T, Backend> x) {
  return detail::unary(num::unary::abs, x);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> square(var<T, Backend> x) {
  return detail::unary(num::unary::square, x);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> sqrt(var<T, Backend> x) {
  return detail::unary(num::unary::sqrt, x);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> relu(var<T, Backend> x) {
  return detail::unary(num::unary::relu, x);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> leaky_relu(var<T, Backend> x) {
  return detail::unary(num::unary::leaky_relu, x);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> elu(var<T, Backend> x) {
  return detail::unary(num::unary::elu, x);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> tanh(var<T, Backend> x) {
  return detail::unary(num::unary::tanh, x);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> sigmoid(var<T, Backend> x) {
  return detail::unary(num::unary::sigmoid, x);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> softplus(var<T, Backend> x) {
  return detail::unary(num::unary::softplus, x);
}

/// x limited to [low, high]; no gradient passes where x lies outside.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> clip(var<T, Backend> x, std::type_identity_t<T> low,
                                   std::type_identity_t<T> high) {
  MUSTER_EXPECTS(low <= high, "muster: autodiff::clip has low above high; swap the two");
  return x.on().record(detail::clip_op<T>{low, high}, {&x, 1}, x.shape());
}

}  // namespace muster::inline MUSTER_ABI::autodiff
