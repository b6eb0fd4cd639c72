// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <type_traits>

#include <muster/autodiff/detail/shapes.hpp>
#include <muster/autodiff/tape.hpp>

namespace muster::inline MUSTER_ABI::autodiff {

namespace detail {

struct binary_op {
  num::binary f;

  [[nodiscard]] const char* name() const noexcept {
    using enum num::binary;
    switch (f) {
      case add:
        return "add";
      case subtract:
        return "subtract";
      case multiply:
        return "multiply";
      case divide:
        return "divide";
      case minimum:
        return "minimum";
      case maximum:
        return "maximum";
    }
    return "binary";
  }
  void forward(const auto& step) const {
    step.backend().apply(f, step.input(0), step.input(1), step.output());
  }
  void backward(auto& step) const {
    using view = num::view<typename std::remove_cvref_t<decltype(step)>::value_type>;
    const auto a = step.input(0);
    const auto b = step.input(1);
    const auto y = step.output();
    const auto dy = step.output_gradient();
    const view da = step.input_gradient(0);
    const view db = step.input_gradient(1);
    // x * x: one after the other, because outputs of one call must not overlap.
    if (!da.empty() && da.data() == db.data()) {
      step.backend().apply_backward(f, a, b, y, dy, da, view{});
      step.backend().apply_backward(f, a, b, y, dy, view{}, db);
    } else {
      step.backend().apply_backward(f, a, b, y, dy, da, db);
    }
  }
};

/// y = slope · x + offset
template <class T>
struct linear_op {
  T slope;
  T offset;

  [[nodiscard]] const char* name() const noexcept {
    return offset == T(0) ? "multiply by number" : "add number";
  }
  void forward(const auto& step) const {
    if (offset == T(0)) {
      step.backend().copy(step.input(0), step.output());
      step.backend().scale(step.output(), slope);
    } else {
      step.backend().fill(step.output(), offset);
      step.backend().axpy(slope, step.input(0), step.output());
    }
  }
  void backward(auto& step) const {
    step.backend().axpy(slope, step.output_gradient(), step.input_gradient(0));
  }
};

template <class T, class Backend>
[[nodiscard]] var<T, Backend> binary(num::binary f, var<T, Backend> a, var<T, Backend> b) {
  const std::array inputs{a, b};
  return a.on().record(binary_op{f}, inputs, broadcast(a.shape(), b.shape()));
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> linear(var<T, Backend> x, T slope, T offset) {
  return x.on().record(linear_op<T>{slope, offset}, {&x, 1}, x.shape());
}

}  // namespace detail

/// Arithmetic on arrays. Axes are matched from the last one, an extent of 1 repeats:
/// [n, k] with [k], [n, 1] or a number. Mind [n] with [n, 1], which gives [n, n].
template <class T, class Backend>
[[nodiscard]] var<T, Backend> operator+(var<T, Backend> a, var<T, Backend> b) {
  return detail::binary(num::binary::add, a, b);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> operator-(var<T, Backend> a, var<T, Backend> b) {
  return detail::binary(num::binary::subtract, a, b);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> operator*(var<T, Backend> a, var<T, Backend> b) {
  return detail::binary(num::binary::multiply, a, b);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> operator/(var<T, Backend> a, var<T, Backend> b) {
  return detail::binary(num::binary::divide, a, b);
}
/// The smaller of both, element by element; the gradient of a tie goes to a.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> minimum(var<T, Backend> a, var<T, Backend> b) {
  return detail::binary(num::binary::minimum, a, b);
}
/// The larger of both, element by element; the gradient of a tie goes to a.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> maximum(var<T, Backend> a, var<T, Backend> b) {
  return detail::binary(num::binary::maximum, a, b);
}

template <class T, class Backend>
[[nodiscard]] var<T, Backend> operator+(var<T, Backend> x, std::type_identity_t<T> c) {
  return detail::linear(x, T(1), c);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> operator+(std::type_identity_t<T> c, var<T, Backend> x) {
  return detail::linear(x, T(1), c);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> operator-(var<T, Backend> x, std::type_identity_t<T> c) {
  return detail::linear(x, T(1), -c);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> operator-(std::type_identity_t<T> c, var<T, Backend> x) {
  return detail::linear(x, T(-1), c);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> operator*(var<T, Backend> x, std::type_identity_t<T> c) {
  return detail::linear(x, c, T(0));
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> operator*(std::type_identity_t<T> c, var<T, Backend> x) {
  return detail::linear(x, c, T(0));
}
/// Multiplies by 1/c, which may differ from a division in the last bit.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> operator/(var<T, Backend> x, std::type_identity_t<T> c) {
  return detail::linear(x, T(1) / c, T(0));
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> operator/(std::type_identity_t<T> c, var<T, Backend> x) {
  return x.on().filled({}, c) / x;
}

}  // namespace muster::inline MUSTER_ABI::autodiff
