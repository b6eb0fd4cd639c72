// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <muster/autodiff/ops/indexing.hpp>
#include <muster/autodiff/tape.hpp>

/// Sums, means and maxima over groups of rows, and over the edges of a graph.
///
/// Segment      the rows of x whose index is the segment's number. The index may have any order
///              and refers to memory of the backend, which must live until the tape is reset.
/// Empty        the sum, mean and maximum over no row are 0 and have no gradient.
/// Determinism  terms are added in the order of the index, forwards and backwards.
/// Names        `segment_sum` is what others call scatter-add; the way back, from groups to
///              their members, is `gather_rows`.
namespace muster::inline MUSTER_ABI::autodiff {

namespace detail {

struct segment_sum_op {
  index_view index;

  [[nodiscard]] const char* name() const noexcept { return "segment_sum"; }
  void forward(const auto& step) const {
    step.backend().fill(step.output(), 0);
    if (index.size() != 0)
      step.backend().add_rows(step.input(0), index_view{}, step.output(), index);
  }
  void backward(auto& step) const {
    if (index.size() == 0) return;
    step.backend().add_rows(step.output_gradient(), index, step.input_gradient(0), index_view{});
  }
};

struct segment_mean_op {
  index_view index;

  [[nodiscard]] const char* name() const noexcept { return "segment_mean"; }
  void forward(const auto& step) const {
    const auto y = step.output();
    step.backend().count_rows(index, step.saved());
    step.backend().fill(y, 0);
    if (index.size() != 0) step.backend().add_rows(step.input(0), index_view{}, y, index);
    step.backend().divide_rows(y, step.saved(), y, false);
  }
  void backward(auto& step) const {
    if (index.size() == 0) return;
    const auto dy = step.output_gradient();
    const auto share = step.scratch(dy.shape());
    step.backend().divide_rows(dy, step.saved(), share, false);
    step.backend().add_rows(share, index, step.input_gradient(0), index_view{});
  }
};

struct segment_max_op {
  index_view index;

  [[nodiscard]] const char* name() const noexcept { return "segment_max"; }
  void forward(const auto& step) const {
    step.backend().segment_max(step.input(0), index, step.output());
  }
  void backward(auto& step) const {
    const auto y = step.output();
    step.backend().segment_max_backward(step.input(0), index, y, step.output_gradient(),
                                        step.scratch(y.shape()), step.input_gradient(0));
  }
};

struct neighbour_sum_op {
  const std::uint32_t* source;  // pointers, because two views exceed what a node keeps
  const std::uint32_t* target;
  std::size_t edges;

  [[nodiscard]] const char* name() const noexcept { return "neighbour_sum"; }
  void forward(const auto& step) const {
    step.backend().fill(step.output(), 0);
    if (edges == 0) return;
    step.backend().add_rows(step.input(0), of(source), step.output(), of(target));
  }
  void backward(auto& step) const {
    if (edges == 0) return;
    step.backend().add_rows(step.output_gradient(), of(target), step.input_gradient(0), of(source));
  }
  [[nodiscard]] index_view of(const std::uint32_t* first) const { return {first, {edges}}; }
};

template <class T>
struct divide_rows_op {
  num::view<const T> divisor;

  [[nodiscard]] const char* name() const noexcept { return "divide_rows"; }
  void forward(const auto& step) const {
    step.backend().divide_rows(step.input(0), divisor, step.output(), false);
  }
  void backward(auto& step) const {
    step.backend().divide_rows(step.output_gradient(), divisor, step.input_gradient(0), true);
  }
};

template <class T, class Backend>
void check_segments([[maybe_unused]] var<T, Backend> x, [[maybe_unused]] index_view index) {
  MUSTER_EXPECTS(x.shape().rank() == 2 && index.size() == x.shape()[0],
                 "muster: autodiff::segment_sum, segment_mean and segment_max take x [n, c] and "
                 "one segment number per row; reshape x, or check the index");
}

}  // namespace detail

/// Row s of the result is the sum of the rows i of x with index[i] = s. x [n, c] ->
/// [segments, c].
template <class T, class Backend>
[[nodiscard]] var<T, Backend> segment_sum(var<T, Backend> x, index_view index,
                                          std::size_t segments) {
  detail::check_segments(x, index);
  return x.on().record(detail::segment_sum_op{index}, {&x, 1}, {segments, x.shape()[1]});
}

/// The sum divided by the number of rows.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> segment_mean(var<T, Backend> x, index_view index,
                                           std::size_t segments) {
  detail::check_segments(x, index);
  return x.on().record(detail::segment_mean_op{index}, {&x, 1}, {segments, x.shape()[1]}, segments);
}

/// The largest element of each column; its gradient goes to the first row that has it.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> segment_max(var<T, Backend> x, index_view index,
                                          std::size_t segments) {
  detail::check_segments(x, index);
  return x.on().record(detail::segment_max_op{index}, {&x, 1}, {segments, x.shape()[1]});
}

/// Row t of the result is the sum of the rows source[e] of x over the edges e with
/// target[e] = t: gather_rows and segment_sum in one, without an array of one row per edge.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> neighbour_sum(var<T, Backend> x, index_view source, index_view target,
                                            std::size_t targets) {
  MUSTER_EXPECTS(x.shape().rank() == 2 && source.size() == target.size(),
                 "muster: autodiff::neighbour_sum takes x [n, c] and a source and a target for "
                 "each edge; check the lengths");
  return x.on().record(detail::neighbour_sum_op{source.data(), target.data(), source.size()},
                       {&x, 1}, {targets, x.shape()[1]});
}

/// Row i of x divided by divisor[i], a constant. x [n, c], divisor [n] in memory of the backend
/// that lives until the tape is reset.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> divide_rows(var<T, Backend> x,
                                          std::type_identity_t<num::view<const T>> divisor) {
  MUSTER_EXPECTS(x.shape().rank() == 2 && divisor.size() == x.shape()[0],
                 "muster: autodiff::divide_rows takes x [n, c] and one divisor per row");
  return x.on().record(detail::divide_rows_op<T>{divisor}, {&x, 1}, x.shape());
}

}  // namespace muster::inline MUSTER_ABI::autodiff
