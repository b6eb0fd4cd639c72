// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <muster/num/backend.hpp>

namespace muster::inline MUSTER_ABI::num::detail {

/// Groups of rows of `reference`. A segment is the set of rows whose index is its number; the
/// index may have any order, and segments may be empty. Indices must be in range. Sums into one
/// row run in the order of the index.
struct reference_graph {
  /// y[to[e]] += x[from[e]] for e = 0, 1, ...; an empty index stands for 0, 1, 2, ...
  ///
  /// With `from` empty the sum over segments (y zeroed before), with `to` empty its gradient,
  /// and with both the sum over the edges of a graph; its gradient exchanges the two.
  template <class T>
  void add_rows(in<T> x, index_view from, view<T> y, index_view to) const {
    const std::size_t n = y.columns();
    const std::size_t terms = check_add_rows<T>(x, from, y, to);
    for (std::size_t e = 0; e < terms; ++e) {
      const T* source = x.data() + row_of(from, e, x.rows()) * n;
      T* target = y.data() + row_of(to, e, y.rows()) * n;
      for (std::size_t j = 0; j < n; ++j) target[j] += source[j];
    }
  }

  /// How many entries of the index name each segment; 1 where none does, so that a mean over
  /// nothing is 0 / 1.
  template <class T>
  void count_rows(index_view index, view<T> counts) const {
    for (T& count : counts.span()) count = T(0);
    for (std::size_t i = 0; i < index.size(); ++i) counts[row_of(index, i, counts.size())] += T(1);
    for (T& count : counts.span()) count = count == T(0) ? T(1) : count;
  }

  /// y[i] = x[i] / divisor[i], or added to y[i]. y may be x unless added.
  template <class T>
  void divide_rows(in<T> x, in<T> divisor, view<T> y, bool accumulate) const {
    check_divide_rows<T>(x, divisor, y);
    const std::size_t n = y.columns();
    for (std::size_t i = 0; i < divisor.size(); ++i) {
      for (std::size_t j = i * n; j < (i + 1) * n; ++j) {
        const T e = x[j] / divisor[i];
        y[j] = accumulate ? y[j] + e : e;
      }
    }
  }

  /// Largest element of each column over the rows of a segment; 0 for an empty segment.
  template <class T>
  void segment_max(in<T> x, index_view index, view<T> y) const {
    start_segment_max<T>(x, index, y);
    const std::size_t n = y.columns();
    for (std::size_t i = 0; i < index.size(); ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        T& top = y[index[i] * n + j];
        const T e = x[i * n + j];
        if (top == top && !(e <= top)) top = e;  // the first NaN wins
      }
    }
  }
  /// The gradient goes to the first largest row of each segment. `scratch` has the shape of y.
  template <class T>
  void segment_max_backward(in<T> x, index_view index, in<T> y, in<T> dy, view<T> scratch,
                            view<T> dx) const {
    check_segment<T>(x, index, y);
    check_segment<T>(dx, index, dy);
    MUSTER_EXPECTS(scratch.size() == y.size(),
                   "muster: num backend: segment_max_backward needs scratch of the shape of y");
    const std::size_t n = y.columns();
    for (T& taken : scratch.span()) taken = T(0);
    for (std::size_t i = 0; i < index.size(); ++i) {
      const std::size_t s = row_of(index, i, y.rows());
      for (std::size_t j = 0; j < n; ++j) {
        const T e = x[i * n + j];
        const T top = y[s * n + j];
        T& taken = scratch[s * n + j];
        if (taken != T(0) || !(e == top || (e != e && top != top))) continue;
        taken = T(1);
        dx[i * n + j] += dy[s * n + j];
      }
    }
  }

 protected:
  /// An element of each segment: any row of it serves as a start, which leaves 0 to empty ones.
  template <class T>
  void start_segment_max(in<T> x, index_view index, view<T> y) const {
    check_segment<T>(x, index, y);
    const std::size_t n = y.columns();
    for (T& e : y.span()) e = T(0);
    for (std::size_t i = 0; i < index.size(); ++i) {
      const std::size_t s = row_of(index, i, y.rows());
      for (std::size_t j = 0; j < n; ++j) y[s * n + j] = x[i * n + j];
    }
  }
  /// Number of terms of `add_rows`.
  template <class T>
  [[nodiscard]] static std::size_t check_add_rows(in<T> x, index_view from, in<T> y,
                                                  index_view to) {
    const std::size_t terms = !from.empty() ? from.size() : (!to.empty() ? to.size() : x.rows());
    MUSTER_EXPECTS(x.columns() == y.columns() && (from.empty() ? terms == x.rows() : true) &&
                       (to.empty() ? terms == y.rows() : to.size() == terms),
                   "muster: num backend: add_rows takes x [r,c], y [s,c] and indices of one "
                   "length; an index that is left out stands for all rows");
    return terms;
  }
  template <class T>
  static void check_divide_rows([[maybe_unused]] in<T> x, [[maybe_unused]] in<T> divisor,
                                [[maybe_unused]] in<T> y) {
    MUSTER_EXPECTS(x.size() == y.size() && y.rows() == divisor.size(),
                   "muster: num backend: divide_rows takes x [r,c], divisor [r], y [r,c]");
  }
  template <class T>
  static void check_segment([[maybe_unused]] in<T> x, [[maybe_unused]] index_view index,
                            [[maybe_unused]] in<T> y) {
    MUSTER_EXPECTS(x.columns() == y.columns() && index.size() == x.rows(),
                   "muster: num backend: segment operations take x [n,c], index [n], y [s,c]");
  }
  [[nodiscard]] static std::size_t row_of(index_view index, std::size_t e,
                                          [[maybe_unused]] std::size_t rows) {
    const std::size_t row = index.empty() ? e : index[e];
    MUSTER_EXPECTS(row < rows, "muster: num backend: an index is out of range");
    return row;
  }
};

}  // namespace muster::inline MUSTER_ABI::num::detail
