// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>

#include <muster/num/backend.hpp>
#include <muster/num/detail/scalar.hpp>

namespace muster::inline MUSTER_ABI::num::detail {

/// Sweeps of `reference` over all parameters.
struct reference_optimise {
  /// out[0] = sum of x² in a fixed pairwise order.
  template <class T>
  void sum_squares(in<T> x, view<T> out) const {
    MUSTER_EXPECTS(out.size() == 1, "muster: num backend: sum_squares writes one element");
    out[0] = pairwise_sum<T>(0, x.size(), [&](std::size_t i) { return x[i] * x[i]; });
  }

  /// One Adam step in place; see `adam_step` for the equations.
  template <class T>
  void adam(view<T> values, in<T> grads, view<T> m, view<T> v, adam_step<T> s) const {
    check_adam<T>(values, grads, m, v);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const T g = grads[i] * s.gradient_scale;
      m[i] = s.beta1 * m[i] + (T(1) - s.beta1) * g;
      v[i] = s.beta2 * v[i] + (T(1) - s.beta2) * g * g;
      const T step = m[i] / s.correction1 / (std::sqrt(v[i] / s.correction2) + s.epsilon);
      values[i] -= s.rate * (step + s.weight_decay * values[i]);
    }
  }

  /// buffer = momentum · buffer + gradient_scale · g; value -= rate · buffer. Without a
  /// buffer the scaled gradient itself is the step.
  template <class T>
  void sgd(view<T> values, in<T> grads, view<T> buffer, std::type_identity_t<T> rate,
           std::type_identity_t<T> momentum, std::type_identity_t<T> gradient_scale) const {
    MUSTER_EXPECTS(
        grads.size() == values.size() && (buffer.empty() || buffer.size() == values.size()),
        "muster: num backend: sgd needs values, gradients and momentum of one size");
    for (std::size_t i = 0; i < values.size(); ++i) {
      T step = gradient_scale * grads[i];
      if (!buffer.empty()) step = buffer[i] = momentum * buffer[i] + step;
      values[i] -= rate * step;
    }
  }

 protected:
  template <class T>
  static void check_adam([[maybe_unused]] in<T> values, [[maybe_unused]] in<T> grads,
                         [[maybe_unused]] in<T> m, [[maybe_unused]] in<T> v) {
    MUSTER_EXPECTS(
        grads.size() == values.size() && m.size() == values.size() && v.size() == values.size(),
        "muster: num backend: adam needs values, gradients and moments of one size");
  }
};

}  // namespace muster::inline MUSTER_ABI::num::detail
