// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <type_traits>

#include <muster/autodiff/tape.hpp>

namespace muster::inline MUSTER_ABI::autodiff {

namespace detail {

template <class T>
struct layer_norm_op {
  T eps;

  [[nodiscard]] const char* name() const noexcept { return "layer_norm"; }
  void forward(const auto& step) const {
    const auto x = step.input(0);
    step.backend().layer_norm(x, step.input(1), step.input(2), eps, step.output(),
                              step.saved().reshaped({x.rows(), 2}));
  }
  void backward(auto& step) const {
    using view = num::view<T>;
    const auto x = step.input(0);
    const auto gain = step.input(1);
    const auto stats = step.saved().reshaped({x.rows(), 2});
    const auto dy = step.output_gradient();
    const std::array<view, 3> d{step.input_gradient(0), step.input_gradient(1),
                                step.input_gradient(2)};
    const auto same = [](view a, view b) { return !a.empty() && a.data() == b.data(); };
    if (same(d[0], d[1]) || same(d[0], d[2]) || same(d[1], d[2])) {
      // One array in two places: one after the other, outputs of a call never overlap.
      step.backend().layer_norm_backward(x, gain, stats, dy, d[0], view{}, view{});
      step.backend().layer_norm_backward(x, gain, stats, dy, view{}, d[1], view{});
      step.backend().layer_norm_backward(x, gain, stats, dy, view{}, view{}, d[2]);
    } else {
      step.backend().layer_norm_backward(x, gain, stats, dy, d[0], d[1], d[2]);
    }
  }
};

}  // namespace detail

/// gain (x - mean) / sqrt(variance + eps) + bias along the last axis.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> layer_norm(var<T, Backend> x, var<T, Backend> gain,
                                         var<T, Backend> bias,
                                         std::type_identity_t<T> eps = T(1e-5)) {
  const num::shape s = x.shape();
  MUSTER_EXPECTS(s.rank() > 0 && s.columns() > 0 && gain.value().size() == s.columns() &&
                     bias.value().size() == s.columns(),
                 "muster: autodiff::layer_norm takes x [..., n], gain [n], bias [n]; check the "
                 "shapes");
  MUSTER_EXPECTS(eps > T(0), "muster: autodiff::layer_norm needs eps above zero, for example 1e-5");
  const std::array inputs{x, gain, bias};
  return x.on().record(detail::layer_norm_op<T>{eps}, inputs, s, 2 * s.rows());
}

}  // namespace muster::inline MUSTER_ABI::autodiff
