// SPDX-License-Identifier: Apache-2.0
// Kernel text: kernels.hpp includes it once for each instruction set, hence no `#pragma once`.
#if defined(MUSTER_FEDERATED_WIDTH)

// Squared distances between vectors.
//
// Idea   differences first, then squares: half the work would do with the products x_i · x_j, but
//        |x|^2 + |y|^2 - 2 x · y cancels to nothing for models that lie close together far from
//        the origin, which is what models do. A tile of pairs stays in registers.
// Error  single precision within 2048 coordinates, double beyond: about 1e-6, relatively. Squares
//        beyond the range of float make the distance infinite.

/// sum[i][j] += (a_i - b_j)^2 for `left` <= width coordinates from k on.
template <bool Whole, std::size_t Rows, std::size_t Columns>
MUSTER_FEDERATED_INLINE void add_squares(const float* const (&a)[Rows],
                                         const float* const (&b)[Columns], std::size_t k,
                                         std::size_t left, vec (&sum)[Rows][Columns]) {
  vec rows[Rows];
  MUSTER_FEDERATED_UNROLL for (std::size_t i = 0; i < Rows; ++i) {
    rows[i] = Whole ? load(a[i] + k) : load_first(a[i] + k, left);
  }
  MUSTER_FEDERATED_UNROLL for (std::size_t j = 0; j < Columns; ++j) {
    const vec column = Whole ? load(b[j] + k) : load_first(b[j] + k, left);
    MUSTER_FEDERATED_UNROLL for (std::size_t i = 0; i < Rows; ++i) {
      const vec d = rows[i] - column;
      sum[i][j] += d * d;
    }
  }
}

/// out[i][j] += |a_i - b_j|^2 over n coordinates, for those i < rows and j < columns.
template <std::size_t Rows, std::size_t Columns>
MUSTER_FEDERATED_KERNEL void distance_tile(const float* const* a, const float* const* b,
                                           std::size_t first, std::size_t n, double* out,
                                           std::size_t pitch, std::size_t rows,
                                           std::size_t columns) {
  // Where a tile sticks out, its last row or column is computed again and dropped.
  const float* from_a[Rows];
  const float* from_b[Columns];
  vec sum[Rows][Columns];
  for (std::size_t i = 0; i < Rows; ++i) from_a[i] = a[i < rows ? i : rows - 1] + first;
  for (std::size_t j = 0; j < Columns; ++j) from_b[j] = b[j < columns ? j : columns - 1] + first;
  MUSTER_FEDERATED_UNROLL for (std::size_t i = 0; i < Rows; ++i) {
    MUSTER_FEDERATED_UNROLL for (std::size_t j = 0; j < Columns; ++j) sum[i][j] = vec{};
  }
  std::size_t k = 0;
  for (; k + width <= n; k += width) add_squares<true>(from_a, from_b, k, width, sum);
  if (k < n) add_squares<false>(from_a, from_b, k, n - k, sum);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      out[i * pitch + j] += static_cast<double>(sum_lanes(sum[i][j]));
    }
  }
}

/// out[k] += |x_k - centre|^2 over the coordinates first ... first + n - 1.
MUSTER_FEDERATED_KERNEL inline void distances(const float* const* x, std::size_t clients,
                                              const float* centre, std::size_t first, std::size_t n,
                                              double* out) {
  for (std::size_t at = 0; at < n; at += distance_block) {
    const std::size_t length = n - at < distance_block ? n - at : distance_block;
    for (std::size_t k = 0; k < clients; k += 4) {
      const std::size_t columns = clients - k < 4 ? clients - k : 4;
      distance_tile<1, 4>(&centre, x + k, first + at, length, out + k, 0, 1, columns);
    }
  }
}

/// The tiles of 4 x 4 pairs on and above the diagonal, row by row, from number `from` to `to`:
/// out[i · clients + j] += |x_i - x_j|^2.
MUSTER_FEDERATED_KERNEL inline void pair_distances(const float* const* x, std::size_t clients,
                                                   std::size_t numbers, std::size_t from,
                                                   std::size_t to, double* out) {
  const std::size_t edge = (clients + 3) / 4;
  for (std::size_t at = 0; at < numbers; at += distance_block) {
    const std::size_t length = numbers - at < distance_block ? numbers - at : distance_block;
    std::size_t tile = 0;
    for (std::size_t i = 0; i < edge && tile < to; ++i) {
      for (std::size_t j = i; j < edge && tile < to; ++j, ++tile) {
        if (tile < from) continue;
        const std::size_t rows = clients - 4 * i < 4 ? clients - 4 * i : 4;
        const std::size_t columns = clients - 4 * j < 4 ? clients - 4 * j : 4;
        distance_tile<4, 4>(x + 4 * i, x + 4 * j, at, length, out + 4 * i * clients + 4 * j,
                            clients, rows, columns);
      }
    }
  }
}

#endif
