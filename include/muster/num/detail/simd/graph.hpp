// SPDX-License-Identifier: Apache-2.0
// Kernel text: kernels.hpp includes it once for each instruction set, hence no `#pragma once`.
#if defined(MUSTER_SIMD_WIDTH)

// Groups of rows. Columns lie in the lanes, so every element adds its terms in the order of the
// index, as in `reference`, and the bits are the same.

MUSTER_SIMD_INLINE std::size_t row_of(const std::uint32_t* index, std::size_t e) {
  return index == nullptr ? e : index[e];
}

/// Terms that go to one row after the other are added in registers.
MUSTER_SIMD_KERNEL inline void add_rows(const float* x, const std::uint32_t* from, float* y,
                                        const std::uint32_t* to, std::size_t terms,
                                        std::size_t columns) {
  for (std::size_t e = 0; e < terms;) {
    const std::size_t row = row_of(to, e);
    std::size_t end = e + 1;
    while (end < terms && row_of(to, end) == row) ++end;
    float* out = y + row * columns;
    for (std::size_t j = 0; j < columns; j += width) {
      const std::size_t left = columns - j;
      vec sum = load_up_to(out + j, left);
      for (std::size_t k = e; k < end; ++k) {
        sum += load_up_to(x + row_of(from, k) * columns + j, left);
      }
      store_up_to(out + j, sum, left);
    }
    e = end;
  }
}

MUSTER_SIMD_KERNEL inline void gather_rows(const float* x, const std::uint32_t* index, float* y,
                                           std::size_t rows, std::size_t columns) {
  for (std::size_t i = 0; i < rows; ++i, y += columns) {
    const float* from = x + index[i] * columns;
    for (std::size_t j = 0; j < columns; j += width) {
      store_up_to(y + j, load_up_to(from + j, columns - j), columns - j);
    }
  }
}

MUSTER_SIMD_KERNEL inline void divide_rows(const float* x, const float* divisor, float* y,
                                           std::size_t rows, std::size_t columns, bool accumulate) {
  for (std::size_t i = 0; i < rows; ++i, x += columns, y += columns) {
    const vec d = broadcast(divisor[i]);
    for (std::size_t j = 0; j < columns; j += width) {
      const std::size_t left = columns - j;
      const vec e = load_up_to(x + j, left) / d;
      store_up_to(y + j, accumulate ? load_up_to(y + j, left) + e : e, left);
    }
  }
}

/// The second sweep of `reference::segment_max`: y holds an element of each segment already.
MUSTER_SIMD_KERNEL inline void segment_max(const float* x, const std::uint32_t* index, float* y,
                                           std::size_t rows, std::size_t columns) {
  for (std::size_t i = 0; i < rows; ++i, x += columns) {
    float* out = y + index[i] * columns;
    for (std::size_t j = 0; j < columns; j += width) {
      const std::size_t left = columns - j;
      const vec top = load_up_to(out + j, left);
      const vec e = load_up_to(x + j, left);
      const vec larger_one = e <= top ? top : e;  // e if one of the two is NaN
      store_up_to(out + j, top == top ? larger_one : top, left);
    }
  }
}

#endif
