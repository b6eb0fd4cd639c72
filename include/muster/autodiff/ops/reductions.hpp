// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/autodiff/detail/shapes.hpp>
#include <muster/autodiff/tape.hpp>

namespace muster::inline MUSTER_ABI::autodiff {

namespace detail {

struct reduce_op {
  num::reduction f;
  int axis;  // -1: all elements

  [[nodiscard]] const char* name() const noexcept {
    using enum num::reduction;
    switch (f) {
      case sum:
        return "sum";
      case mean:
        return "mean";
      case minimum:
        return "smallest";
      case maximum:
        return "largest";
    }
    return "reduce";
  }
  void forward(const auto& step) const {
    step.backend().reduce(f, step.input(0), axis, step.output());
  }
  void backward(auto& step) const {
    step.backend().reduce_backward(f, step.input(0), axis, step.output(), step.output_gradient(),
                                   step.input_gradient(0));
  }
};

template <class T, class Backend>
[[nodiscard]] var<T, Backend> reduce_all(num::reduction f, var<T, Backend> x) {
  MUSTER_EXPECTS(f == num::reduction::sum || x.value().size() > 0,
                 "muster: autodiff: mean, smallest and largest of no elements; check the shape");
  return x.on().record(reduce_op{f, -1}, {&x, 1}, num::shape{});
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> reduce_axis(num::reduction f, var<T, Backend> x, std::size_t axis) {
  const num::shape s = x.shape();
  MUSTER_EXPECTS(axis < s.rank(),
                 "muster: autodiff: no such axis to reduce; count axes from 0, or leave the axis "
                 "out to reduce all elements");
  MUSTER_EXPECTS(f == num::reduction::sum || s[axis] > 0,
                 "muster: autodiff: mean, smallest and largest of no elements; check the shape");
  return x.on().record(reduce_op{f, static_cast<int>(axis)}, {&x, 1}, without_axis(s, axis));
}

}  // namespace detail

/// Over all elements (the result is one number, rank 0), or over one axis, which disappears
/// from the shape: `reshape` brings it back as 1 for broadcasting.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> sum(var<T, Backend> x) {
  return detail::reduce_all(num::reduction::sum, x);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> sum(var<T, Backend> x, std::size_t axis) {
  return detail::reduce_axis(num::reduction::sum, x, axis);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> mean(var<T, Backend> x) {
  return detail::reduce_all(num::reduction::mean, x);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> mean(var<T, Backend> x, std::size_t axis) {
  return detail::reduce_axis(num::reduction::mean, x, axis);
}
/// Minimum and maximum of an array; the gradient goes to the first extreme element. Not called
/// min and max, which a program may have as macros.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> smallest(var<T, Backend> x) {
  return detail::reduce_all(num::reduction::minimum, x);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> smallest(var<T, Backend> x, std::size_t axis) {
  return detail::reduce_axis(num::reduction::minimum, x, axis);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> largest(var<T, Backend> x) {
  return detail::reduce_all(num::reduction::maximum, x);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> largest(var<T, Backend> x, std::size_t axis) {
  return detail::reduce_axis(num::reduction::maximum, x, axis);
}

}  // namespace muster::inline MUSTER_ABI::autodiff
