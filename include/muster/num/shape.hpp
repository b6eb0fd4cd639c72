// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>

#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::num {

/// The extents of a row-major array of rank 0 (one element) to 4.
class shape {
 public:
  static constexpr std::size_t max_rank = 4;

  constexpr shape() noexcept = default;
  constexpr shape(std::initializer_list<std::size_t> extents) {
    MUSTER_EXPECTS(extents.size() <= max_rank,
                   "muster: num::shape has at most 4 extents; merge axes or use several tensors");
    for (const std::size_t n : extents) extent_[rank_++] = n;
  }

  [[nodiscard]] constexpr std::size_t rank() const noexcept { return rank_; }
  [[nodiscard]] constexpr std::size_t operator[](std::size_t axis) const noexcept {
    return extent_[axis];
  }
  constexpr void set(std::size_t axis, std::size_t n) noexcept { extent_[axis] = n; }
  /// Number of elements: the product of the extents, 1 for rank 0.
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    std::size_t n = 1;
    for (std::size_t axis = 0; axis < rank_; ++axis) n *= extent_[axis];
    return n;
  }
  /// Rows and columns when the last axis is a row and all others are stacked.
  [[nodiscard]] constexpr std::size_t columns() const noexcept {
    return rank_ == 0 ? 1 : extent_[rank_ - 1];
  }
  [[nodiscard]] constexpr std::size_t rows() const noexcept {
    std::size_t n = 1;
    for (std::size_t axis = 0; axis + 1 < rank_; ++axis) n *= extent_[axis];
    return n;
  }
  friend constexpr bool operator==(const shape&, const shape&) noexcept = default;

 private:
  std::array<std::size_t, max_rank> extent_{};  // unused extents stay 0, so == can be defaulted
  std::size_t rank_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::num
