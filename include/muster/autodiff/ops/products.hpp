// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include <muster/autodiff/tape.hpp>

namespace muster::inline MUSTER_ABI::autodiff {

namespace detail {

struct matmul_op {
  num::transpose ta;
  num::transpose tb;

  [[nodiscard]] const char* name() const noexcept { return "matmul"; }
  void forward(const auto& step) const {
    step.backend().matmul(step.input(0), ta, step.input(1), tb, step.output(), false);
  }
  /// C = op(A) op(B):  d op(A) += dC op(B)^T,  d op(B) += op(A)^T dC, each transposed back.
  void backward(auto& step) const {
    using enum num::transpose;
    const auto a = step.input(0);
    const auto b = step.input(1);
    const auto dc = step.output_gradient();
    if (const auto da = step.input_gradient(0); !da.empty()) {
      if (ta == no) {
        step.backend().matmul(dc, no, b, tb == no ? yes : no, da, true);
      } else {
        step.backend().matmul(b, tb, dc, yes, da, true);
      }
    }
    if (const auto db = step.input_gradient(1); !db.empty()) {
      if (tb == no) {
        step.backend().matmul(a, ta == no ? yes : no, dc, no, db, true);
      } else {
        step.backend().matmul(dc, yes, a, ta, db, true);
      }
    }
  }
};

template <class U>
[[nodiscard]] num::view<U> as_matrix(num::view<U> v) {
  return v.rank() <= 2 ? v : v.reshaped({v.rows(), v.columns()});
}

struct affine_op {
  num::activation f;

  [[nodiscard]] const char* name() const noexcept { return "affine"; }
  void forward(const auto& step) const {
    using value_type = typename std::remove_cvref_t<decltype(step)>::value_type;
    const auto bias = step.inputs() > 2 ? step.input(2) : num::view<const value_type>{};
    step.backend().affine(as_matrix(step.input(0)), step.input(1), bias, f,
                          as_matrix(step.output()));
  }
  void backward(auto& step) const {
    using view = num::view<typename std::remove_cvref_t<decltype(step)>::value_type>;
    const auto x = as_matrix(step.input(0));
    const auto w = step.input(1);
    const auto y = as_matrix(step.output());
    const auto dy = as_matrix(step.output_gradient());
    const view dx = step.wants(0) ? as_matrix(step.input_gradient(0)) : view{};
    const view dw = step.input_gradient(1);
    const view db = step.inputs() > 2 ? step.input_gradient(2) : view{};
    const view room = f == num::activation::identity ? view{} : step.scratch(y.shape());
    // One array as input and as weight: one after the other, outputs of a call never overlap.
    if (!dx.empty() && dx.data() == dw.data()) {
      step.backend().affine_backward(x, w, y, dy, f, room, dx, view{}, view{});
      step.backend().affine_backward(x, w, y, dy, f, room, view{}, dw, db);
    } else {
      step.backend().affine_backward(x, w, y, dy, f, room, dx, dw, db);
    }
  }
};

}  // namespace detail

/// op(a) · op(b), both of rank 2.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> matmul(var<T, Backend> a, var<T, Backend> b,
                                     num::transpose ta = num::transpose::no,
                                     num::transpose tb = num::transpose::no) {
  const num::shape sa = a.shape();
  const num::shape sb = b.shape();
  const std::size_t at = ta == num::transpose::yes ? 1 : 0;
  const std::size_t bt = tb == num::transpose::yes ? 1 : 0;
  MUSTER_EXPECTS(sa.rank() == 2 && sb.rank() == 2 && sa[1 - at] == sb[bt],
                 "muster: autodiff::matmul takes [m,k] and [k,n] after transposing; check the "
                 "shapes, or use affine(x, w) for a batch of rank 3");
  const std::array inputs{a, b};
  return a.on().record(detail::matmul_op{ta, tb}, inputs, {sa[at], sb[1 - bt]});
}

/// f(x · w + bias), fused: x [..., in], w [in, out], bias [out]. ReLU and its kin take their
/// slope from the result, so the value before the activation is not kept.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> affine(var<T, Backend> x, var<T, Backend> w, var<T, Backend> bias,
                                     num::activation f = num::activation::identity) {
  num::shape s = x.shape();
  MUSTER_EXPECTS(s.rank() > 0 && w.shape().rank() == 2 && s.columns() == w.shape()[0] &&
                     bias.value().size() == w.shape()[1],
                 "muster: autodiff::affine takes x [..., in], w [in, out], bias [out]; check the "
                 "shapes");
  s.set(s.rank() - 1, w.shape()[1]);
  const std::array inputs{x, w, bias};
  return x.on().record(detail::affine_op{f}, inputs, s);
}
/// f(x · w), without a bias.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> affine(var<T, Backend> x, var<T, Backend> w,
                                     num::activation f = num::activation::identity) {
  num::shape s = x.shape();
  MUSTER_EXPECTS(s.rank() > 0 && w.shape().rank() == 2 && s.columns() == w.shape()[0],
                 "muster: autodiff::affine takes x [..., in] and w [in, out]; check the shapes");
  s.set(s.rank() - 1, w.shape()[1]);
  const std::array inputs{x, w};
  return x.on().record(detail::affine_op{f}, inputs, s);
}

}  // namespace muster::inline MUSTER_ABI::autodiff
