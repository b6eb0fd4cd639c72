// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <muster/num/backend/reference.hpp>
#include <muster/num/detail/simd/kernels.hpp>

namespace muster::inline MUSTER_ABI::num {

/// Hand-written kernels for single precision, chosen when the program runs.
///
/// Idea          products, fused layers, softmax, activations, groups of rows and the optimiser
///               exist for AVX2 + FMA and for AVX-512, whatever the program was compiled for; the
///               best that processor and operating system allow is taken. Everything else, all
///               of double precision, and other processors use the loops of `reference`.
/// Error         each element of a product is within (k + 2) u Σ|terms|, k the inner length
///               and u = 2^-24; exp, tanh, sigmoid, ELU and softplus are within 5e-7 of the
///               exact value, relatively, where that is a normal number.
/// Cost          no allocation; products use 32 KiB of stack.
/// Determinism   run to run on one machine. Levels differ in the last bits (another order of
///               sums), and one row alone adds in another order than the same row in a batch.
class simd : public reference {
 public:
  static constexpr determinism guarantee = determinism::run_to_run;

  /// The best level of this machine.
  simd() noexcept : simd{best()} {}
  /// A given level, for tests and comparisons; `level` must not exceed `best()`.
  explicit simd(simd_level level) : level_{level}, kernels_{detail::simd_table_of(level)} {
    MUSTER_EXPECTS(level <= best(),
                   "muster: num::simd this machine lacks that instruction set; write "
                   "num::simd{} for the best one it has");
  }
  [[nodiscard]] static simd_level best() noexcept { return detail::best_simd_level(); }
  [[nodiscard]] simd_level level() const noexcept { return level_; }

  template <class T>
  void fill(view<T> y, std::type_identity_t<T> value) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr) return kernels_->fill(y.data(), value, y.size());
    }
    reference::fill<T>(y, value);
  }
  template <class T>
  void scale(view<T> y, std::type_identity_t<T> a) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr) return kernels_->scale(y.data(), a, y.size());
    }
    reference::scale<T>(y, a);
  }
  template <class T>
  void axpy(std::type_identity_t<T> a, in<T> x, view<T> y) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr && x.size() == y.size()) {
        return kernels_->axpy(a, x.data(), y.data(), y.size());
      }
    }
    reference::axpy<T>(a, x, y);
  }

  template <class T>
  void matmul(in<T> a, transpose ta, in<T> b, transpose tb, view<T> c, bool accumulate) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr) {
        const auto [rows, inner, columns] = detail::check_product<T>(a, ta, b, tb, c);
        if (rows == 1 && tb == transpose::no && !accumulate) {
          return kernels_->gemv(a.data(), inner, b.data(), columns, nullptr, false, c.data());
        }
        const bool at = ta == transpose::yes;
        kernels_->gemm(
            {.rows = rows,
             .columns = columns,
             .inner = inner,
             .a = a.data(),
             .a_row = at ? 1 : inner,
             .a_step = at ? rows : 1,
             .b = b.data(),
             .b_pitch = b.shape()[1],
             .b_transposed = tb == transpose::yes,
             .c = c.data(),
             .start = accumulate ? detail::product_start::accumulate : detail::product_start::zero,
             .bias = nullptr,
             .relu = false});
        return;
      }
    }
    reference::matmul<T>(a, ta, b, tb, c, accumulate);
  }

  template <class T>
  void affine(in<T> x, in<T> w, in<T> bias, activation f, view<T> y) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr) {
        detail::check_affine<T>(x, w, bias, y);
        const bool relu = f == activation::relu;
        if (y.rows() == 1) {
          kernels_->gemv(x.data(), x.columns(), w.data(), w.columns(), bias.data(), relu, y.data());
        } else {
          kernels_->gemm(
              {.rows = y.rows(),
               .columns = y.columns(),
               .inner = x.columns(),
               .a = x.data(),
               .a_row = x.columns(),
               .a_step = 1,
               .b = w.data(),
               .b_pitch = w.columns(),
               .b_transposed = false,
               .c = y.data(),
               .start = bias.empty() ? detail::product_start::zero : detail::product_start::bias,
               .bias = bias.data(),
               .relu = relu});
        }
        if (f != activation::identity && !relu) {
          kernels_->map(as_unary(f), y.data(), y.data(), y.size());
        }
        return;
      }
    }
    reference::affine<T>(x, w, bias, f, y);
  }

  template <class T>
  void affine_backward(in<T> x, in<T> w, in<T> y, in<T> dy, activation f, view<T> scratch,
                       view<T> dx, view<T> dw, view<T> dbias) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr) {
        detail::check_affine_backward<T>(x, w, y, dy, f, scratch, dx, dw, dbias);
        const bool masked = f != activation::identity;
        const std::size_t rows = dy.rows();
        const std::size_t depth = x.columns();
        const std::size_t width = dy.columns();
        if (masked || !dbias.empty()) {
          kernels_->activation_backward(f, y.data(), dy.data(), rows, width, scratch.data(),
                                        dbias.data());
        }
        const float* dz = masked ? scratch.data() : dy.data();
        detail::gemm_call g{};
        g.start = detail::product_start::accumulate;
        if (!dw.empty()) {  // dw += x^T · dz
          g.rows = depth, g.columns = width, g.inner = rows;
          g.a = x.data(), g.a_row = 1, g.a_step = depth;
          g.b = dz, g.b_pitch = width, g.b_transposed = false;
          g.c = dw.data();
          kernels_->gemm(g);
        }
        if (!dx.empty()) {  // dx += dz · w^T
          g.rows = rows, g.columns = depth, g.inner = width;
          g.a = dz, g.a_row = width, g.a_step = 1;
          g.b = w.data(), g.b_pitch = width, g.b_transposed = true;
          g.c = dx.data();
          kernels_->gemm(g);
        }
        return;
      }
    }
    reference::affine_backward<T>(x, w, y, dy, f, scratch, dx, dw, dbias);
  }

  template <class T>
  void apply(unary f, in<T> x, view<T> y) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr && f != unary::log && x.size() == y.size()) {
        return kernels_->map(f, x.data(), y.data(), y.size());
      }
    }
    reference::apply<T>(f, x, y);
  }
  template <class T>
  void apply_backward(unary f, in<T> x, in<T> y, in<T> dy, view<T> dx) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr && x.size() == dx.size()) {
        return kernels_->map_backward(f, x.data(), y.data(), dy.data(), dx.data(), dx.size());
      }
    }
    reference::apply_backward<T>(f, x, y, dy, dx);
  }

  /// Broadcasts go through the kernel along the last axis, line by line.
  template <class T>
  void apply(binary f, in<T> a, in<T> b, view<T> y) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr && (a.shape() == y.shape() || is_single(a, y)) &&
          (b.shape() == y.shape() || is_single(b, y))) {
        return kernels_->zip(f, a.data(), a.size() == 1 ? 0 : 1, b.data(), b.size() == 1 ? 0 : 1,
                             y.data(), y.size());
      }
    }
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr) {
        detail::for_each_broadcast_line(y.shape(), a.shape(), b.shape(),
                                        [&](std::size_t i, std::size_t ia, std::size_t step_a,
                                            std::size_t ib, std::size_t step_b, std::size_t n) {
                                          kernels_->zip(f, a.data() + ia, step_a, b.data() + ib,
                                                        step_b, y.data() + i, n);
                                        });
        return;
      }
    }
    reference::apply<T>(f, a, b, y);
  }
  template <class T>
  void apply_backward(binary f, in<T> a, in<T> b, in<T> y, in<T> dy, view<T> da, view<T> db) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr && a.shape() == y.shape() && b.shape() == y.shape() &&
          (f == binary::add || f == binary::subtract || f == binary::multiply)) {
        const std::size_t n = y.size();
        const bool product = f == binary::multiply;
        if (!da.empty()) {
          if (product) {
            kernels_->multiply_add(dy.data(), b.data(), da.data(), n);
          } else {
            kernels_->axpy(1.0F, dy.data(), da.data(), n);
          }
        }
        if (!db.empty()) {
          if (product) {
            kernels_->multiply_add(dy.data(), a.data(), db.data(), n);
          } else {
            kernels_->axpy(f == binary::add ? 1.0F : -1.0F, dy.data(), db.data(), n);
          }
        }
        return;
      }
    }
    reference::apply_backward<T>(f, a, b, y, dy, da, db);
  }

  template <class T>
  void softmax(in<T> x, view<T> y) const {
    masked_softmax<T>(x, mask_view{}, y);
  }
  template <class T>
  void softmax_backward(in<T> y, in<T> dy, view<T> dx) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr && y.size() == dx.size()) {
        return kernels_->softmax_backward({y.rows(), y.columns(), nullptr}, y.data(), dy.data(),
                                          dx.data());
      }
    }
    reference::softmax_backward<T>(y, dy, dx);
  }
  template <class T>
  void log_softmax(in<T> x, view<T> y) const {
    masked_log_softmax<T>(x, mask_view{}, y);
  }
  template <class T>
  void log_softmax_backward(in<T> y, in<T> dy, view<T> dx) const {
    masked_log_softmax_backward<T>(y, mask_view{}, dy, dx);
  }
  template <class T>
  void masked_softmax(in<T> x, mask_view mask, view<T> y) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr && x.size() == y.size() && fits(mask, y.size())) {
        return kernels_->softmax({y.rows(), y.columns(), mask.data()}, x.data(), y.data());
      }
    }
    reference::masked_softmax<T>(x, mask, y);
  }
  template <class T>
  void masked_log_softmax(in<T> x, mask_view mask, view<T> y) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr && x.size() == y.size() && fits(mask, y.size())) {
        return kernels_->log_softmax({y.rows(), y.columns(), mask.data()}, x.data(), y.data());
      }
    }
    reference::masked_log_softmax<T>(x, mask, y);
  }
  template <class T>
  void masked_log_softmax_backward(in<T> y, mask_view mask, in<T> dy, view<T> dx) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr && y.size() == dx.size() && fits(mask, y.size())) {
        return kernels_->log_softmax_backward({y.rows(), y.columns(), mask.data()}, y.data(),
                                              dy.data(), dx.data());
      }
    }
    reference::masked_log_softmax_backward<T>(y, mask, dy, dx);
  }

  template <class T>
  void gather_rows(in<T> x, index_view index, view<T> y) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr) {
        check_gather<T>(x, index, y);
        return kernels_->gather_rows(x.data(), index.data(), y.data(), index.size(), y.columns());
      }
    }
    reference::gather_rows<T>(x, index, y);
  }
  template <class T>
  void gather_rows_backward(index_view index, in<T> dy, view<T> dx) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr) {
        check_gather<T>(dx, index, dy);
        return kernels_->add_rows(dy.data(), nullptr, dx.data(), index.data(), index.size(),
                                  dx.columns());
      }
    }
    reference::gather_rows_backward<T>(index, dy, dx);
  }
  template <class T>
  void add_rows(in<T> x, index_view from, view<T> y, index_view to) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr) {
        const std::size_t terms = check_add_rows<T>(x, from, y, to);
        expects_below(from, x.rows());
        expects_below(to, y.rows());
        return kernels_->add_rows(x.data(), from.data(), y.data(), to.data(), terms, y.columns());
      }
    }
    reference::add_rows<T>(x, from, y, to);
  }
  template <class T>
  void divide_rows(in<T> x, in<T> divisor, view<T> y, bool accumulate) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr) {
        check_divide_rows<T>(x, divisor, y);
        return kernels_->divide_rows(x.data(), divisor.data(), y.data(), y.rows(), y.columns(),
                                     accumulate);
      }
    }
    reference::divide_rows<T>(x, divisor, y, accumulate);
  }
  template <class T>
  void segment_max(in<T> x, index_view index, view<T> y) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr) {
        start_segment_max<T>(x, index, y);
        return kernels_->segment_max(x.data(), index.data(), y.data(), index.size(), y.columns());
      }
    }
    reference::segment_max<T>(x, index, y);
  }

  template <class T>
  void sum_squares(in<T> x, view<T> out) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr && out.size() == 1) {
        out[0] = kernels_->sum_squares(x.data(), x.size());
        return;
      }
    }
    reference::sum_squares<T>(x, out);
  }
  template <class T>
  void adam(view<T> values, in<T> grads, view<T> m, view<T> v, adam_step<T> s) const {
    if constexpr (is_float<T>) {
      if (kernels_ != nullptr) {
        check_adam<T>(values, grads, m, v);
        return kernels_->adam(values.data(), grads.data(), m.data(), v.data(), values.size(), s);
      }
    }
    reference::adam<T>(values, grads, m, v, s);
  }

 private:
  template <class T>
  static constexpr bool is_float = std::is_same_v<T, float>;

  [[nodiscard]] static bool is_single(in<float> operand, in<float> result) {
    return operand.size() == 1 && operand.rank() <= result.rank();
  }
  [[nodiscard]] static bool fits(mask_view mask, std::size_t n) {
    return mask.empty() || mask.size() == n;
  }
  [[nodiscard]] static unary as_unary(activation f) {
    switch (f) {
      case activation::leaky_relu:
        return unary::leaky_relu;
      case activation::elu:
        return unary::elu;
      case activation::tanh:
        return unary::tanh;
      case activation::sigmoid:
        return unary::sigmoid;
      case activation::softplus:
        return unary::softplus;
      case activation::identity:
      case activation::relu:
        break;
    }
    return unary::relu;
  }

  simd_level level_;
  const detail::simd_table* kernels_;  ///< null: use the loops of `reference`
};

static_assert(backend<simd, float> && backend<simd, double>);

}  // namespace muster::inline MUSTER_ABI::num
