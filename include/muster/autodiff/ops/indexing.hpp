// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

#include <muster/autodiff/detail/shapes.hpp>
#include <muster/autodiff/tape.hpp>

namespace muster::inline MUSTER_ABI::autodiff {

/// Positions counted from 0. Refers to memory of the backend, which must live until the tape is
/// reset. The tape cannot look at them: a backend checks that they are in range.
using index_view = num::view<const std::uint32_t>;

namespace detail {

struct pick_columns_op {
  index_view index;

  [[nodiscard]] const char* name() const noexcept { return "pick_columns"; }
  void forward(const auto& step) const {
    step.backend().pick_columns(step.input(0), index, step.output());
  }
  void backward(auto& step) const {
    step.backend().pick_columns_backward(index, step.output_gradient(), step.input_gradient(0));
  }
};

struct gather_rows_op {
  index_view index;

  [[nodiscard]] const char* name() const noexcept { return "gather_rows"; }
  void forward(const auto& step) const {
    step.backend().gather_rows(step.input(0), index, step.output());
  }
  void backward(auto& step) const {
    step.backend().gather_rows_backward(index, step.output_gradient(), step.input_gradient(0));
  }
};

struct concat_op {
  std::size_t axis;

  [[nodiscard]] const char* name() const noexcept { return "concat"; }
  void forward(const auto& step) const {
    const auto y = step.output();
    const runs whole = around(y.shape(), axis);
    const std::size_t y_stride = whole.extent * whole.inner;
    std::size_t offset = 0;
    for (std::size_t i = 0; i < step.inputs(); ++i) {
      const auto x = step.input(i);
      const std::size_t run = x.shape()[axis] * whole.inner;
      step.backend().copy_block(x, std::size_t{0}, y, offset, whole.outer, run, run, y_stride,
                                false);
      offset += run;
    }
  }
  void backward(auto& step) const {
    const auto dy = step.output_gradient();
    const runs whole = around(dy.shape(), axis);
    const std::size_t y_stride = whole.extent * whole.inner;
    std::size_t offset = 0;
    for (std::size_t i = 0; i < step.inputs(); ++i) {
      const std::size_t run = step.input(i).shape()[axis] * whole.inner;
      if (const auto dx = step.input_gradient(i); !dx.empty()) {
        step.backend().copy_block(dy, offset, dx, std::size_t{0}, whole.outer, run, y_stride, run,
                                  true);
      }
      offset += run;
    }
  }
};

struct slice_op {
  std::size_t axis;
  std::size_t first;

  [[nodiscard]] const char* name() const noexcept { return "slice"; }
  void forward(const auto& step) const {
    const auto x = step.input(0);
    const runs whole = around(x.shape(), axis);
    const std::size_t run = step.output().shape()[axis] * whole.inner;
    step.backend().copy_block(x, first * whole.inner, step.output(), std::size_t{0}, whole.outer,
                              run, whole.extent * whole.inner, run, false);
  }
  void backward(auto& step) const {
    const auto dy = step.output_gradient();
    const auto dx = step.input_gradient(0);
    const runs whole = around(dx.shape(), axis);
    const std::size_t run = dy.shape()[axis] * whole.inner;
    step.backend().copy_block(dy, std::size_t{0}, dx, first * whole.inner, whole.outer, run, run,
                              whole.extent * whole.inner, true);
  }
};

struct reshape_op {
  [[nodiscard]] const char* name() const noexcept { return "reshape"; }
  void forward(const auto&) const {}
  void backward(auto& step) const {
    const auto dx = step.input_gradient(0);
    step.backend().axpy(1, step.output_gradient().reshaped(dx.shape()), dx);
  }
};

}  // namespace detail

/// y[i] = x[i, index[i]]: one entry of each row. x [n, k] -> [n].
template <class T, class Backend>
[[nodiscard]] var<T, Backend> pick_columns(var<T, Backend> x, index_view index) {
  MUSTER_EXPECTS(x.shape().rank() == 2 && index.size() == x.shape()[0],
                 "muster: autodiff::pick_columns takes x [n, k] and one index per row");
  return x.on().record(detail::pick_columns_op{index}, {&x, 1}, {x.shape()[0]});
}

/// Row i of the result is row index[i] of x; rows may repeat. x [r, c] -> [n, c].
template <class T, class Backend>
[[nodiscard]] var<T, Backend> gather_rows(var<T, Backend> x, index_view index) {
  MUSTER_EXPECTS(x.shape().rank() == 2, "muster: autodiff::gather_rows takes x [r, c]; reshape it");
  return x.on().record(detail::gather_rows_op{index}, {&x, 1}, {index.size(), x.shape()[1]});
}

/// The parts one after the other along an axis; all other extents must agree.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> concat(std::span<const var<T, Backend>> parts, std::size_t axis) {
  MUSTER_EXPECTS(!parts.empty() && axis < parts[0].shape().rank(),
                 "muster: autodiff::concat needs at least one part, and an axis of it");
  num::shape s = parts[0].shape();
  std::size_t extent = 0;
  for (const auto& part : parts) {
    num::shape other = part.shape();
    MUSTER_EXPECTS(other.rank() == s.rank(),
                   "muster: autodiff::concat takes parts of one rank; reshape them first");
    extent += other[axis];
    other.set(axis, s[axis]);
    MUSTER_EXPECTS(other == s,
                   "muster: autodiff::concat takes parts that differ along the axis only; check "
                   "the shapes");
  }
  s.set(axis, extent);
  return parts[0].on().record(detail::concat_op{axis}, parts, s);
}
template <class T, class Backend>
[[nodiscard]] var<T, Backend> concat(std::initializer_list<var<T, Backend>> parts,
                                     std::size_t axis) {
  return concat(std::span<const var<T, Backend>>{parts.begin(), parts.size()}, axis);
}
/// For a vector or an array of vars.
template <class Parts>
requires requires(const Parts& p) { std::span{p}; }
[[nodiscard]] auto concat(const Parts& parts, std::size_t axis) {
  using part = std::remove_cvref_t<decltype(std::span{parts}[0])>;
  return concat(std::span<const part>{parts}, axis);
}

/// `count` entries of an axis from `first` on. Along the first axis nothing is copied.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> slice(var<T, Backend> x, std::size_t axis, std::size_t first,
                                    std::size_t count) {
  num::shape s = x.shape();
  MUSTER_EXPECTS(axis < s.rank() && first <= s[axis] && count <= s[axis] - first,
                 "muster: autodiff::slice reaches beyond the axis; check first and count");
  s.set(axis, count);
  const detail::slice_op op{axis, first};
  if (axis == 0) return x.on().record_view(op, {&x, 1}, x.value().slice(first, count));
  return x.on().record(op, {&x, 1}, s);
}

/// The same elements under another shape of equal size; nothing is copied.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> reshape(var<T, Backend> x, num::shape s) {
  return x.on().record_view(detail::reshape_op{}, {&x, 1}, x.value().reshaped(s));
}

}  // namespace muster::inline MUSTER_ABI::autodiff
