// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <muster/num/backend.hpp>

namespace muster::inline MUSTER_ABI::num::detail {

/// Picking, gathering and joining of `reference`. Indices must be in range; sums into one
/// place run in the order of the index.
struct reference_indexing {
  /// y[i] = x[i, index[i]]
  template <class T>
  void pick_columns(in<T> x, index_view index, view<T> y) const {
    MUSTER_EXPECTS(index.size() == x.rows() && y.size() == x.rows(),
                   "muster: num backend: pick_columns takes x [n,k], index [n], y [n]");
    for (std::size_t i = 0; i < y.size(); ++i) {
      expects_below(index[i], x.columns());
      y[i] = x[i * x.columns() + index[i]];
    }
  }
  template <class T>
  void pick_columns_backward(index_view index, in<T> dy, view<T> dx) const {
    MUSTER_EXPECTS(index.size() == dx.rows() && dy.size() == dx.rows(),
                   "muster: num backend: pick_columns takes x [n,k], index [n], y [n]");
    for (std::size_t i = 0; i < dy.size(); ++i) {
      expects_below(index[i], dx.columns());
      dx[i * dx.columns() + index[i]] += dy[i];
    }
  }

  /// Row i of y is row index[i] of x.
  template <class T>
  void gather_rows(in<T> x, index_view index, view<T> y) const {
    check_gather<T>(x, index, y);
    const std::size_t n = x.columns();
    for (std::size_t i = 0; i < index.size(); ++i) {
      for (std::size_t j = 0; j < n; ++j) y[i * n + j] = x[index[i] * n + j];
    }
  }
  template <class T>
  void gather_rows_backward(index_view index, in<T> dy, view<T> dx) const {
    check_gather<T>(dx, index, dy);
    const std::size_t n = dx.columns();
    for (std::size_t i = 0; i < index.size(); ++i) {
      for (std::size_t j = 0; j < n; ++j) dx[index[i] * n + j] += dy[i * n + j];
    }
  }

  /// For each of `outer` runs o, `inner` elements go from x[x_offset + o x_stride ...] to
  /// y[y_offset + o y_stride ...], added if `accumulate`: concat and slice, both ways.
  template <class T>
  void copy_block(in<T> x, std::size_t x_offset, view<T> y, std::size_t y_offset, std::size_t outer,
                  std::size_t inner, std::size_t x_stride, std::size_t y_stride,
                  bool accumulate) const {
    MUSTER_EXPECTS(outer == 0 || (x_offset + (outer - 1) * x_stride + inner <= x.size() &&
                                  y_offset + (outer - 1) * y_stride + inner <= y.size()),
                   "muster: num backend: copy_block reaches beyond an array");
    for (std::size_t o = 0; o < outer; ++o) {
      const T* from = x.data() + x_offset + o * x_stride;
      T* to = y.data() + y_offset + o * y_stride;
      for (std::size_t i = 0; i < inner; ++i) to[i] = accumulate ? to[i] + from[i] : from[i];
    }
  }

 protected:
  template <class T>
  static void check_gather([[maybe_unused]] in<T> x, [[maybe_unused]] index_view index,
                           [[maybe_unused]] in<T> y) {
    MUSTER_EXPECTS(index.size() == y.rows() && y.columns() == x.columns(),
                   "muster: num backend: gather_rows takes x [r,c], index [n], y [n,c]");
    expects_below(index, x.rows());
  }
  static void expects_below(index_view index, std::size_t n) {
    for (std::size_t i = 0; i < index.size(); ++i) expects_below(index[i], n);
  }
  static void expects_below([[maybe_unused]] std::size_t i, [[maybe_unused]] std::size_t n) {
    MUSTER_EXPECTS(i < n, "muster: num backend: an index is out of range");
  }
};

}  // namespace muster::inline MUSTER_ABI::num::detail
