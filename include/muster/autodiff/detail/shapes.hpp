// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include <muster/num/shape.hpp>

namespace muster::inline MUSTER_ABI::autodiff::detail {

[[nodiscard]] inline num::shape shape_of(std::size_t rank, const std::array<std::size_t, 4>& n) {
  switch (rank) {
    case 0:
      return {};
    case 1:
      return {n[0]};
    case 2:
      return {n[0], n[1]};
    case 3:
      return {n[0], n[1], n[2]};
    default:
      return {n[0], n[1], n[2], n[3]};
  }
}

/// The shape of a ∘ b: axes matched from the last one, extents equal or 1.
[[nodiscard]] inline num::shape broadcast(const num::shape& a, const num::shape& b) {
  if (a == b) return a;
  const num::shape& longer = a.rank() < b.rank() ? b : a;
  const num::shape& shorter = a.rank() < b.rank() ? a : b;
  num::shape s = longer;
  for (std::size_t back = 1; back <= shorter.rank(); ++back) {
    const std::size_t axis = longer.rank() - back;
    const std::size_t n = shorter[shorter.rank() - back];
    MUSTER_EXPECTS(n == s[axis] || n == 1 || s[axis] == 1,
                   "muster: autodiff: these shapes do not broadcast; extents, matched from the "
                   "last axis, must be equal or 1: reshape one of the two");
    if (s[axis] == 1) s.set(axis, n);
  }
  return s;
}

[[nodiscard]] inline num::shape without_axis(const num::shape& s, std::size_t axis) {
  std::array<std::size_t, 4> n{};
  std::size_t rank = 0;
  for (std::size_t i = 0; i < s.rank(); ++i) {
    if (i != axis) n[rank++] = s[i];
  }
  return shape_of(rank, n);
}

/// An array seen as `outer` runs of extent x inner elements around one axis.
struct runs {
  std::size_t outer = 1;
  std::size_t extent = 1;
  std::size_t inner = 1;
};
[[nodiscard]] inline runs around(const num::shape& s, std::size_t axis) {
  runs r;
  for (std::size_t i = 0; i < axis; ++i) r.outer *= s[i];
  r.extent = s[axis];
  for (std::size_t i = axis + 1; i < s.rank(); ++i) r.inner *= s[i];
  return r;
}

}  // namespace muster::inline MUSTER_ABI::autodiff::detail
