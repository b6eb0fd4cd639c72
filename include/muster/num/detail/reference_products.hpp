// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <muster/num/backend.hpp>
#include <muster/num/detail/scalar.hpp>

namespace muster::inline MUSTER_ABI::num::detail {

/// Rows, inner length and columns of op(a) · op(b), checked against c.
struct product_size {
  std::size_t rows, inner, columns;
};
template <class T>
[[nodiscard]] product_size check_product(in<T> a, transpose ta, in<T> b, transpose tb, view<T> c) {
  MUSTER_EXPECTS(a.rank() == 2 && b.rank() == 2 && c.rank() == 2,
                 "muster: num backend: matmul takes arrays of rank 2; reshape first");
  const bool at = ta == transpose::yes;
  const bool bt = tb == transpose::yes;
  const product_size s{a.shape()[at ? 1 : 0], a.shape()[at ? 0 : 1], b.shape()[bt ? 0 : 1]};
  MUSTER_EXPECTS(
      b.shape()[bt ? 1 : 0] == s.inner && c.shape()[0] == s.rows && c.shape()[1] == s.columns,
      "muster: num backend: matmul op(a) [m,k] times op(b) [k,n] gives c [m,n]; "
      "check the shapes and the transposes");
  return s;
}
template <class T>
void check_affine(in<T> x, in<T> w, in<T> bias, in<T> y) {
  MUSTER_EXPECTS(w.rank() == 2 && x.columns() == w.shape()[0] && y.columns() == w.shape()[1] &&
                     x.rows() == y.rows() && (bias.empty() || bias.size() == w.shape()[1]),
                 "muster: num backend: affine takes x [n,in], w [in,out], bias [out], y [n,out]; "
                 "check the shapes");
}

template <class T>
void check_affine_backward(in<T> x, in<T> w, in<T> y, in<T> dy, activation f, in<T> scratch,
                           in<T> dx, in<T> dw, in<T> dbias) {
  check_affine<T>(x, w, dbias, dy);
  MUSTER_EXPECTS(
      f == activation::identity || (scratch.size() == dy.size() && y.size() == dy.size()),
      "muster: num backend: affine_backward needs y, dy and a scratch of the size of y");
  MUSTER_EXPECTS((dx.empty() || dx.size() == x.size()) && (dw.empty() || dw.size() == w.size()),
                 "muster: num backend: affine_backward needs dx of the size of x and dw of the "
                 "size of w, or empty views");
}

/// Matrix products of `reference`.
struct reference_products {
  /// c = op(a) · op(b), or c += with `accumulate`.
  template <class T>
  void matmul(in<T> a, transpose ta, in<T> b, transpose tb, view<T> c, bool accumulate) const {
    const auto [rows, inner, columns] = check_product<T>(a, ta, b, tb, c);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) {
        T sum{};
        for (std::size_t k = 0; k < inner; ++k) {
          sum += (ta == transpose::yes ? a(k, i) : a(i, k)) *
                 (tb == transpose::yes ? b(j, k) : b(k, j));
        }
        c(i, j) = accumulate ? c(i, j) + sum : sum;
      }
    }
  }

  /// y = f(x · w + bias); x is [n, in] or one row [in].
  template <class T>
  void affine(in<T> x, in<T> w, in<T> bias, activation f, view<T> y) const {
    check_affine<T>(x, w, bias, y);
    for (std::size_t i = 0; i < y.rows(); ++i) {
      for (std::size_t j = 0; j < y.columns(); ++j) {
        T sum = bias.empty() ? T(0) : bias[j];
        for (std::size_t k = 0; k < x.columns(); ++k) sum += x(i, k) * w(k, j);
        y(i, j) = activate(f, sum);
      }
    }
  }

  /// dz = dy · f'(y) goes to `scratch`; then dx += dz · w^T, dw += x^T · dz, dbias += column
  /// sums of dz. Each of dx, dw, dbias may be empty; scratch may be empty if f is identity.
  template <class T>
  void affine_backward(in<T> x, in<T> w, in<T> y, in<T> dy, activation f, view<T> scratch,
                       view<T> dx, view<T> dw, view<T> dbias) const {
    check_affine_backward<T>(x, w, y, dy, f, scratch, dx, dw, dbias);
    in<T> dz = dy;
    if (f != activation::identity) {
      for (std::size_t i = 0; i < dy.size(); ++i) scratch[i] = dy[i] * activation_slope(f, y[i]);
      dz = in<T>{scratch.data(), dy.shape()};
    }
    const std::size_t rows = dz.rows();
    const std::size_t width = dz.columns();
    const std::size_t depth = x.columns();
    for (std::size_t j = 0; !dbias.empty() && j < width; ++j) {
      for (std::size_t i = 0; i < rows; ++i) dbias[j] += dz(i, j);
    }
    for (std::size_t k = 0; !dw.empty() && k < depth; ++k) {
      for (std::size_t j = 0; j < width; ++j) {
        T sum{};
        for (std::size_t i = 0; i < rows; ++i) sum += x(i, k) * dz(i, j);
        dw[k * width + j] += sum;
      }
    }
    for (std::size_t i = 0; !dx.empty() && i < rows; ++i) {
      for (std::size_t k = 0; k < depth; ++k) {
        T sum{};
        for (std::size_t j = 0; j < width; ++j) sum += dz(i, j) * w(k, j);
        dx[i * depth + k] += sum;
      }
    }
  }
};

}  // namespace muster::inline MUSTER_ABI::num::detail
