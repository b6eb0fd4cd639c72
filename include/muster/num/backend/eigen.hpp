// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <muster/num/backend/reference.hpp>

namespace muster::inline MUSTER_ABI::num {

/// Products, layers and simple sweeps through Eigen maps, the rest by `reference`.
///
/// Idea          an independent oracle for the hand-written kernels, and a fast double. Eigen
///               vectorises for the instruction set the program is compiled for: without
///               -march it is two to three times slower than `simd`.
/// Cost          Eigen keeps its packing buffers on the stack up to 128 KiB and allocates
///               above that; sizes up to about 128 x 128 do not allocate.
/// Determinism   run to run on one machine, by Eigen's own order of sums.
/// See           Eigen 3.4, https://eigen.tuxfamily.org
class eigen : public reference {
 public:
  static constexpr determinism guarantee = determinism::run_to_run;

  template <class T>
  void fill(view<T> y, std::type_identity_t<T> value) const {
    flat<T>(y).setConstant(value);
  }
  template <class T>
  void scale(view<T> y, std::type_identity_t<T> a) const {
    flat<T>(y) *= a;
  }
  template <class T>
  void axpy(std::type_identity_t<T> a, in<T> x, view<T> y) const {
    expects_equal(x.size(), y.size());
    flat<T>(y) += a * flat<const T>(x);
  }

  template <class T>
  void matmul(in<T> a, transpose ta, in<T> b, transpose tb, view<T> c, bool accumulate) const {
    const auto [rows, inner, columns] = detail::check_product<T>(a, ta, b, tb, c);
    const bool at = ta == transpose::yes;
    const bool bt = tb == transpose::yes;
    const auto am = matrix<const T>(a, at ? inner : rows, at ? rows : inner);
    const auto bm = matrix<const T>(b, bt ? columns : inner, bt ? inner : columns);
    auto cm = matrix<T>(c, rows, columns);
    if (!accumulate) cm.setZero();
    if (at && bt) {
      cm.noalias() += am.transpose() * bm.transpose();
    } else if (at) {
      cm.noalias() += am.transpose() * bm;
    } else if (bt) {
      cm.noalias() += am * bm.transpose();
    } else {
      cm.noalias() += am * bm;
    }
  }

  template <class T>
  void affine(in<T> x, in<T> w, in<T> bias, activation f, view<T> y) const {
    detail::check_affine<T>(x, w, bias, y);
    auto out = matrix<T>(y, y.rows(), y.columns());
    if (bias.empty()) {
      out.setZero();
    } else {
      out.rowwise() = flat<const T>(bias).matrix().transpose();
    }
    const auto weights = matrix<const T>(w, w.rows(), w.columns());
    if (y.rows() == 1) {
      out.row(0).noalias() += flat<const T>(x).matrix().transpose() * weights;
    } else {
      out.noalias() += matrix<const T>(x, x.rows(), x.columns()) * weights;
    }
    if (f != activation::identity) {
      flat<T>(y) = flat<T>(y).unaryExpr([f](T e) { return detail::activate(f, e); });
    }
  }

  template <class T>
  void affine_backward(in<T> x, in<T> w, in<T> y, in<T> dy, activation f, view<T> scratch,
                       view<T> dx, view<T> dw, view<T> dbias) const {
    detail::check_affine_backward<T>(x, w, y, dy, f, scratch, dx, dw, dbias);
    in<T> dz = dy;
    if (f != activation::identity) {
      flat<T>(scratch) = flat<const T>(dy) * flat<const T>(y).unaryExpr([f](T e) {
        return detail::activation_slope(f, e);
      });
      dz = in<T>{scratch.data(), dy.shape()};
    }
    const auto d = matrix<const T>(dz, dz.rows(), dz.columns());
    const std::size_t depth = x.columns();
    if (!dbias.empty()) flat<T>(dbias).matrix().transpose() += d.colwise().sum();
    if (!dw.empty()) {
      matrix<T>(dw, depth, dz.columns()).noalias() +=
          matrix<const T>(x, x.rows(), depth).transpose() * d;
    }
    if (!dx.empty()) {
      matrix<T>(dx, dz.rows(), depth).noalias() +=
          d * matrix<const T>(w, depth, dz.columns()).transpose();
    }
  }

  template <class T>
  void apply(unary f, in<T> x, view<T> y) const {
    expects_equal(x.size(), y.size());
    const auto from = flat<const T>(x);
    auto to = flat<T>(y);
    switch (f) {
      case unary::negate:
        to = -from;
        return;
      case unary::abs:
        to = from.abs();
        return;
      case unary::square:
        to = from.square();
        return;
      // The C library's accuracy for the others; Eigen's fast square root gives NaN at infinity.
      default:
        reference::apply<T>(f, x, y);
    }
  }
  template <class T>
  void apply(binary f, in<T> a, in<T> b, view<T> y) const {
    const bool equal = a.shape() == y.shape() && b.shape() == y.shape();
    if (!equal || f == binary::minimum || f == binary::maximum) {
      return reference::apply<T>(f, a, b, y);
    }
    const auto left = flat<const T>(a);
    const auto right = flat<const T>(b);
    auto to = flat<T>(y);
    switch (f) {
      case binary::add:
        to = left + right;
        return;
      case binary::subtract:
        to = left - right;
        return;
      case binary::multiply:
        to = left * right;
        return;
      default:
        to = left / right;
        return;
    }
  }
  template <class T>
  void add_rows(in<T> x, index_view from, view<T> y, index_view to) const {
    const std::size_t terms = check_add_rows<T>(x, from, y, to);
    const auto source = matrix<const T>(x, x.rows(), x.columns());
    auto target = matrix<T>(y, y.rows(), y.columns());
    for (std::size_t e = 0; e < terms; ++e) {
      target.row(row(to, e, y.rows())) += source.row(row(from, e, x.rows()));
    }
  }
  template <class T>
  void divide_rows(in<T> x, in<T> divisor, view<T> y, bool accumulate) const {
    check_divide_rows<T>(x, divisor, y);
    const auto from = matrix<const T>(x, y.rows(), y.columns());
    auto to = matrix<T>(y, y.rows(), y.columns());
    for (Eigen::Index i = 0; i < to.rows(); ++i) {
      const T d = divisor[static_cast<std::size_t>(i)];
      if (accumulate) {
        to.row(i) += from.row(i) / d;
      } else {
        to.row(i) = from.row(i) / d;
      }
    }
  }
  template <class T>
  void sum_squares(in<T> x, view<T> out) const {
    MUSTER_EXPECTS(out.size() == 1, "muster: num backend: sum_squares writes one element");
    out[0] = flat<const T>(x).square().sum();
  }
  template <class T>
  void adam(view<T> values, in<T> grads, view<T> m, view<T> v, adam_step<T> s) const {
    check_adam<T>(values, grads, m, v);
    // Short blocks, so that the four expressions find their elements in the nearest cache.
    constexpr std::size_t block = 512;
    for (std::size_t i = 0; i < values.size(); i += block) {
      const std::size_t n = (std::min)(block, values.size() - i);
      const auto g = flat<const T>({grads.data() + i, shape{n}}) * s.gradient_scale;
      auto mean = flat<T>({m.data() + i, shape{n}});
      auto square = flat<T>({v.data() + i, shape{n}});
      auto p = flat<T>({values.data() + i, shape{n}});
      mean = s.beta1 * mean + (T(1) - s.beta1) * g;
      square = s.beta2 * square + (T(1) - s.beta2) * g.square();
      p -= s.rate * (mean / s.correction1 / ((square / s.correction2).sqrt() + s.epsilon) +
                     s.weight_decay * p);
    }
  }

 private:
  [[nodiscard]] static Eigen::Index row(index_view index, std::size_t e, std::size_t rows) {
    return static_cast<Eigen::Index>(row_of(index, e, rows));
  }

  template <class T>
  using plain = std::remove_const_t<T>;
  template <class T>
  using array = Eigen::Array<plain<T>, Eigen::Dynamic, 1>;
  template <class T>
  using rows_first = Eigen::Matrix<plain<T>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  template <class T>
  using flat_map = Eigen::Map<std::conditional_t<std::is_const_v<T>, const array<T>, array<T>>>;
  template <class T>
  using matrix_map =
      Eigen::Map<std::conditional_t<std::is_const_v<T>, const rows_first<T>, rows_first<T>>>;

  template <class T>
  [[nodiscard]] static flat_map<T> flat(view<T> v) {
    return flat_map<T>{v.data(), static_cast<Eigen::Index>(v.size())};
  }
  template <class T>
  [[nodiscard]] static matrix_map<T> matrix(view<T> v, std::size_t rows, std::size_t columns) {
    return matrix_map<T>{v.data(), static_cast<Eigen::Index>(rows),
                         static_cast<Eigen::Index>(columns)};
  }
  static void expects_equal([[maybe_unused]] std::size_t a, [[maybe_unused]] std::size_t b) {
    MUSTER_EXPECTS(a == b, "muster: num backend: input and output sizes differ; check the shapes");
  }
};

static_assert(backend<eigen, float> && backend<eigen, double>);

}  // namespace muster::inline MUSTER_ABI::num
