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

/// Calls f(i, ia, ib) for each element i of the result in order, with the positions of the
/// operands' elements.
template <class F>
void for_each_broadcast(const shape& result, const shape& a, const shape& b, const F& f) {
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
        const std::size_t ia = i0 * sa[0] + i1 * sa[1] + i2 * sa[2];
        const std::size_t ib = i0 * sb[0] + i1 * sb[1] + i2 * sb[2];
        for (std::size_t i3 = 0; i3 < n[3]; ++i3) f(i++, ia + i3 * sa[3], ib + i3 * sb[3]);
      }
    }
  }
}

}  // namespace muster::inline MUSTER_ABI::num::detail
