// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <muster/num/backend.hpp>
#include <muster/num/detail/broadcast.hpp>
#include <muster/num/detail/scalar.hpp>

namespace muster::inline MUSTER_ABI::num::detail {

/// Element-wise operations and reductions of `reference`.
struct reference_elementwise {
  template <class T>
  void apply(unary f, in<T> x, view<T> y) const {
    expects_equal(x.size(), y.size());
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = evaluate(f, x[i]);
  }
  template <class T>
  void apply_backward(unary f, in<T> x, in<T> y, in<T> dy, view<T> dx) const {
    expects_equal(x.size(), dx.size());
    for (std::size_t i = 0; i < dx.size(); ++i) dx[i] += dy[i] * slope(f, x[i], y[i]);
  }

  /// y = f(a, b) with broadcasting: y has the larger of both extents on each axis.
  template <class T>
  void apply(binary f, in<T> a, in<T> b, view<T> y) const {
    for_each_broadcast(
        y.shape(), a.shape(), b.shape(),
        [&](std::size_t i, std::size_t ia, std::size_t ib) { y[i] = evaluate(f, a[ia], b[ib]); });
  }
  /// da += dy ∂y/∂a, summed over repeated elements; the same for b. Either may be empty.
  /// Ties of minimum and maximum send the gradient to a.
  template <class T>
  void apply_backward(binary f, in<T> a, in<T> b, in<T> y, in<T> dy, view<T> da, view<T> db) const {
    for_each_broadcast(y.shape(), a.shape(), b.shape(),
                       [&](std::size_t i, std::size_t ia, std::size_t ib) {
                         T to_a = dy[i];
                         T to_b = dy[i];
                         switch (f) {
                           case binary::add:
                             break;
                           case binary::subtract:
                             to_b = -dy[i];
                             break;
                           case binary::multiply:
                             to_a = dy[i] * b[ib];
                             to_b = dy[i] * a[ia];
                             break;
                           case binary::divide:
                             to_a = dy[i] / b[ib];
                             to_b = -dy[i] * y[i] / b[ib];
                             break;
                           case binary::minimum:
                           case binary::maximum:
                             if (picks_second(f, a[ia], b[ib])) {
                               to_a = T(0);
                             } else {
                               to_b = T(0);
                             }
                             break;
                         }
                         if (!da.empty()) da[ia] += to_a;
                         if (!db.empty()) db[ib] += to_b;
                       });
  }

  /// y = x limited to [lo, hi]; the gradient passes where lo <= x <= hi.
  template <class T>
  void clip(in<T> x, std::type_identity_t<T> lo, std::type_identity_t<T> hi, view<T> y) const {
    expects_equal(x.size(), y.size());
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = x[i] < lo ? lo : (x[i] > hi ? hi : x[i]);
  }
  template <class T>
  void clip_backward(in<T> x, std::type_identity_t<T> lo, std::type_identity_t<T> hi, in<T> dy,
                     view<T> dx) const {
    expects_equal(x.size(), dx.size());
    for (std::size_t i = 0; i < dx.size(); ++i) {
      if (!(x[i] < lo || x[i] > hi)) dx[i] += dy[i];
    }
  }

  /// y = x²/2 where |x| <= delta, delta (|x| - delta/2) outside.
  template <class T>
  void huber(in<T> x, std::type_identity_t<T> delta, view<T> y) const {
    expects_equal(x.size(), y.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
      const T size = std::abs(x[i]);
      y[i] = size > delta ? delta * (size - delta / T(2)) : x[i] * x[i] / T(2);
    }
  }
  template <class T>
  void huber_backward(in<T> x, std::type_identity_t<T> delta, in<T> dy, view<T> dx) const {
    expects_equal(x.size(), dx.size());
    for (std::size_t i = 0; i < dx.size(); ++i) {
      dx[i] += dy[i] * (x[i] > delta ? delta : (x[i] < -delta ? -delta : x[i]));
    }
  }

  /// Reduces one axis, or all with axis -1, to y. Sums run in a fixed pairwise order.
  template <class T>
  void reduce(reduction f, in<T> x, int axis, view<T> y) const {
    const auto [outer, length, inner] = split(x.shape(), axis);
    expects_equal(outer * inner, y.size());
    MUSTER_EXPECTS(length != 0 || f == reduction::sum || y.size() == 0,
                   "muster: num backend: mean, minimum and maximum need at least one element");
    for (std::size_t o = 0; o < outer; ++o) {
      for (std::size_t i = 0; i < inner; ++i) {
        const auto at = [&, first = o * length * inner + i, step = inner](std::size_t l) {
          return x[first + l * step];
        };
        T& result = y[o * inner + i];
        if (f == reduction::sum || f == reduction::mean) {
          const T sum = pairwise_sum<T>(0, length, at);
          result = f == reduction::sum ? sum : sum / static_cast<T>(length);
        } else {
          result = at(extreme(f, length, at));
        }
      }
    }
  }
  /// The gradient of minimum and maximum goes to the first extreme element.
  template <class T>
  void reduce_backward(reduction f, in<T> x, int axis, in<T> /*y*/, in<T> dy, view<T> dx) const {
    const auto [outer, length, inner] = split(x.shape(), axis);
    expects_equal(outer * inner, dy.size());
    for (std::size_t o = 0; o < outer; ++o) {
      for (std::size_t i = 0; i < inner; ++i) {
        const std::size_t first = o * length * inner + i;
        const std::size_t step = inner;
        const T d = dy[o * inner + i];
        if (f == reduction::sum || f == reduction::mean) {
          const T share = f == reduction::sum ? d : d / static_cast<T>(length);
          for (std::size_t l = 0; l < length; ++l) dx[first + l * step] += share;
        } else {
          const auto at = [&](std::size_t l) { return x[first + l * step]; };
          dx[first + extreme(f, length, at) * step] += d;
        }
      }
    }
  }

 private:
  struct parts {
    std::size_t outer, length, inner;
  };
  [[nodiscard]] static parts split(const shape& s, int axis) {
    if (axis < 0) return {1, s.size(), 1};
    const auto a = static_cast<std::size_t>(axis);
    MUSTER_EXPECTS(a < s.rank(), "muster: num backend: reduce takes an axis of x or -1 for all");
    parts p{1, s[a], 1};
    for (std::size_t i = 0; i < a; ++i) p.outer *= s[i];
    for (std::size_t i = a + 1; i < s.rank(); ++i) p.inner *= s[i];
    return p;
  }
  // The first NaN wins, else the first extreme.
  template <class At>
  [[nodiscard]] static std::size_t extreme(reduction f, std::size_t length, const At& at) {
    std::size_t best = 0;
    for (std::size_t l = 1; l < length && at(best) == at(best); ++l) {
      const auto e = at(l);
      if (e != e || (f == reduction::minimum ? e < at(best) : e > at(best))) best = l;
    }
    return best;
  }
  static void expects_equal([[maybe_unused]] std::size_t a, [[maybe_unused]] std::size_t b) {
    MUSTER_EXPECTS(a == b, "muster: num backend: input and output sizes differ; check the shapes");
  }
};

}  // namespace muster::inline MUSTER_ABI::num::detail
