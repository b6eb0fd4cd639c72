// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include <muster/num/shape.hpp>

namespace muster::inline MUSTER_ABI::num::detail {

/// Steps of an operand along the axes of a result of rank 4: 0 where the operand repeats.
///
/// Axes are matched from the last one backwards, missing axes count as 1, and an extent of 1
/// repeats, as numpy does it.
[[nodiscard]] inline std::array<std::size_t, 4> broadcast_strides(const shape& operand,
                                                                  const shape& result) {
  std::array<std::size_t, 4> stride{};
  MUSTER_EXPECTS(operand.rank() <= result.rank(),
                 "muster: num backend: an operand has more axes than the result; reshape it");
  std::size_t step = 1;
  for (std::size_t back = 1; back <= operand.rank(); ++back) {
    const std::size_t n = operand[operand.rank() - back];
    MUSTER_EXPECTS(n == 1 || n == result[result.rank() - back],
                   "muster: num backend: extents of an operand are those of the result or 1; "
                   "check the shapes");
    stride[4 - back] = n == 1 ? 0 : step;
    step *= n;
  }
  return stride;
}

/// Calls f(i, ia, step_a, ib, step_b, n) for each line of n elements along the last axis of the
/// result, in order: its first element and those of the operands, which go on by steps of 0 or 1.
template <class F>
void for_each_broadcast_line(const shape& result, const shape& a, const shape& b, const F& f) {
  const auto sa = broadcast_strides(a, result);
  const auto sb = broadcast_strides(b, result);
  std::array<std::size_t, 4> n{1, 1, 1, 1};
  for (std::size_t back = 1; back <= result.rank(); ++back) {
    n[4 - back] = result[result.rank() - back];
  }
  std::size_t i = 0;
  for (std::size_t i0 = 0; i0 < n[0]; ++i0) {
    for (std::size_t i1 = 0; i1 < n[1]; ++i1) {
      for (std::size_t i2 = 0; i2 < n[2]; ++i2) {
        f(i, i0 * sa[0] + i1 * sa[1] + i2 * sa[2], sa[3], i0 * sb[0] + i1 * sb[1] + i2 * sb[2],
          sb[3], n[3]);
        i += n[3];
      }
    }
  }
}

/// Calls f(i, ia, ib) for each element i of the result in order, with the positions of the
/// operands' elements.
template <class F>
void for_each_broadcast(const shape& result, const shape& a, const shape& b, const F& f) {
  for_each_broadcast_line(result, a, b,
                          [&](std::size_t i, std::size_t ia, std::size_t step_a, std::size_t ib,
                              std::size_t step_b, std::size_t n) {
                            for (std::size_t k = 0; k < n; ++k) {
                              f(i + k, ia + k * step_a, ib + k * step_b);
                            }
                          });
}

}  // namespace muster::inline MUSTER_ABI::num::detail
