// SPDX-License-Identifier: Apache-2.0
// Kernel text: kernels.hpp includes it once for each instruction set, hence no `#pragma once`.
#if defined(MUSTER_SIMD_WIDTH)

// Matrix products.
//
// Idea   a tile of Rows x (Vecs · width) results stays in registers while the inner index
//        runs: 12 x 32 with AVX-512, 6 x 16 with AVX2, which leaves registers for a row of b
//        and one element of a. That needs (Rows + Vecs) loads for Rows · Vecs products, and
//        out-of-order execution hides second-level cache latency, so neither a nor b is
//        copied first, unless b is transposed or its last columns do not fill a tile. The
//        panel of b in use then lies on the stack.
// Order  each result adds its terms by rising inner index, whatever the number of rows.
#if MUSTER_SIMD_WIDTH == 16
inline constexpr std::size_t tile_rows = 12;
#else
inline constexpr std::size_t tile_rows = 6;
#endif
inline constexpr std::size_t panel_width = 2 * width;
inline constexpr std::size_t panel_depth = 256;  ///< 32 KiB of b with AVX-512

/// One tile: `columns` <= Vecs · width results in each of Rows rows.
template <std::size_t Rows, std::size_t Vecs>
MUSTER_SIMD_KERNEL void tile(const gemm_call& g, const float* a, const float* b,
                             std::size_t b_pitch, std::size_t depth, float* c, std::size_t columns,
                             product_start start, const float* bias, bool relu_last) {
  const std::size_t last = columns - (Vecs - 1) * width;
  const std::size_t pitch = g.columns;
  vec sum[Rows][Vecs];
  MUSTER_SIMD_UNROLL for (std::size_t i = 0; i < Rows; ++i) {
    MUSTER_SIMD_UNROLL for (std::size_t v = 0; v < Vecs; ++v) sum[i][v] = vec{};
  }
  if (start != product_start::zero) {
    const float* from = start == product_start::bias ? bias : c;
    const std::size_t step = start == product_start::bias ? 0 : pitch;
    MUSTER_SIMD_UNROLL for (std::size_t i = 0; i < Rows; ++i) {
      MUSTER_SIMD_UNROLL for (std::size_t v = 0; v + 1 < Vecs; ++v) {
        sum[i][v] = load(from + i * step + v * width);
      }
      sum[i][Vecs - 1] = load_up_to(from + i * step + (Vecs - 1) * width, last);
    }
  }
  // One pointer for three rows: with the offsets 0, row and 2 · row all addresses are single
  // operands, while a pointer per row would not fit into the general registers.
  constexpr std::size_t pointers = (Rows + 2) / 3;
  const float* p[pointers];
  const std::size_t row = g.a_row;
  MUSTER_SIMD_UNROLL for (std::size_t i = 0; i < pointers; ++i) p[i] = a + 3 * i * row;
  for (std::size_t k = 0; k < depth; ++k) {
    vec bv[Vecs];
    MUSTER_SIMD_UNROLL for (std::size_t v = 0; v < Vecs; ++v) bv[v] = load(b + v * width);
    MUSTER_SIMD_UNROLL for (std::size_t i = 0; i < Rows; ++i) {
      const vec av = broadcast(p[i / 3][(i % 3) * row]);
      MUSTER_SIMD_UNROLL for (std::size_t v = 0; v < Vecs; ++v) {
        sum[i][v] = fma(av, bv[v], sum[i][v]);
      }
    }
    MUSTER_SIMD_UNROLL for (std::size_t i = 0; i < pointers; ++i) p[i] += g.a_step;
    b += b_pitch;
  }
  if (relu_last) {
    MUSTER_SIMD_UNROLL for (std::size_t i = 0; i < Rows; ++i) {
      MUSTER_SIMD_UNROLL for (std::size_t v = 0; v < Vecs; ++v) sum[i][v] = relu(sum[i][v]);
    }
  }
  MUSTER_SIMD_UNROLL for (std::size_t i = 0; i < Rows; ++i) {
    MUSTER_SIMD_UNROLL for (std::size_t v = 0; v + 1 < Vecs; ++v) {
      store(c + i * pitch + v * width, sum[i][v]);
    }
    store_up_to(c + i * pitch + (Vecs - 1) * width, sum[i][Vecs - 1], last);
  }
}

/// An 8 x 8 block of floats, rows to columns.
MUSTER_SIMD_INLINE void transpose_8x8(const float* from, std::size_t from_pitch, float* to,
                                      std::size_t to_pitch) {
  vec8 r[8];
  vec8 s[8];
  MUSTER_SIMD_UNROLL for (std::size_t i = 0; i < 8; ++i) {
    r[i] = *reinterpret_cast<const loose_vec8*>(from + i * from_pitch);
  }
  MUSTER_SIMD_UNROLL for (std::size_t i = 0; i < 8; i += 2) {
    s[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    s[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  MUSTER_SIMD_UNROLL for (std::size_t h = 0; h < 8; h += 4) {
    r[h] = __builtin_shufflevector(s[h], s[h + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    r[h + 1] = __builtin_shufflevector(s[h], s[h + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    r[h + 2] = __builtin_shufflevector(s[h + 1], s[h + 3], 0, 1, 8, 9, 4, 5, 12, 13);
    r[h + 3] = __builtin_shufflevector(s[h + 1], s[h + 3], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  MUSTER_SIMD_UNROLL for (std::size_t i = 0; i < 4; ++i) {
    s[i] = __builtin_shufflevector(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    s[i + 4] = __builtin_shufflevector(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
  MUSTER_SIMD_UNROLL for (std::size_t i = 0; i < 8; ++i) {
    *reinterpret_cast<loose_vec8*>(to + i * to_pitch) = s[i];
  }
}

/// Copies `depth` rows of `columns` columns of op(b) into `panel` of the given pitch; the
/// columns up to the pitch become 0.
MUSTER_SIMD_KERNEL inline void pack_panel(const gemm_call& g, std::size_t k0, std::size_t depth,
                                          std::size_t j0, std::size_t columns, float* panel,
                                          std::size_t pitch) {
  if (!g.b_transposed) {
    for (std::size_t k = 0; k < depth; ++k) {
      const float* from = g.b + (k0 + k) * g.b_pitch + j0;
      for (std::size_t j = 0; j < pitch; j += width) {
        const vec v = j < columns ? load_up_to(from + j, columns - j) : vec{};
        store(panel + k * pitch + j, v);
      }
    }
    return;
  }
  const float* from = g.b + j0 * g.b_pitch + k0;
  const std::size_t full = columns - columns % 8;
  const std::size_t deep = depth - depth % 8;
  for (std::size_t j = 0; j < full; j += 8) {
    for (std::size_t k = 0; k < deep; k += 8) {
      transpose_8x8(from + j * g.b_pitch + k, g.b_pitch, panel + k * pitch + j, pitch);
    }
    for (std::size_t k = deep; k < depth; ++k) {
      for (std::size_t jj = j; jj < j + 8; ++jj) {
        panel[k * pitch + jj] = from[jj * g.b_pitch + k];
      }
    }
  }
  for (std::size_t k = 0; full < pitch && k < depth; ++k) {
    for (std::size_t j = full; j < columns; ++j) panel[k * pitch + j] = from[j * g.b_pitch + k];
    for (std::size_t j = columns; j < pitch; ++j) panel[k * pitch + j] = 0.0F;
  }
}

/// All rows of one panel.
template <std::size_t Vecs>
MUSTER_SIMD_KERNEL void panel_product(const gemm_call& g, const float* a, const float* b,
                                      std::size_t b_pitch, std::size_t depth, float* c,
                                      std::size_t columns, product_start start, const float* bias,
                                      bool relu_last) {
  std::size_t i = 0;
#define MUSTER_SIMD_ROWS(R)                                                                       \
  for (; i + (R) <= g.rows; i += (R)) {                                                           \
    tile<R, Vecs>(g, a + i * g.a_row, b, b_pitch, depth, c + i * g.columns, columns, start, bias, \
                  relu_last);                                                                     \
  }
  MUSTER_SIMD_ROWS(tile_rows)
  MUSTER_SIMD_ROWS(4)
  MUSTER_SIMD_ROWS(2)
  MUSTER_SIMD_ROWS(1)
#undef MUSTER_SIMD_ROWS
}

MUSTER_SIMD_KERNEL inline void gemm(const gemm_call& g) {
  alignas(64) float panel[panel_depth * panel_width];
  for (std::size_t j = 0; j < g.columns; j += panel_width) {
    const std::size_t left = g.columns - j;
    const std::size_t columns = left < panel_width ? left : panel_width;
    const std::size_t pitch = columns <= width ? width : panel_width;
    const float* bias = g.bias == nullptr ? nullptr : g.bias + j;
    const bool packed = g.b_transposed || columns != pitch;
    std::size_t k = 0;
    do {  // at least once, for an inner length of 0
      const bool all = !packed || g.inner - k <= panel_depth;
      const std::size_t depth = all ? g.inner - k : panel_depth;
      const product_start start = k == 0 ? g.start : product_start::accumulate;
      const float* a = g.a + k * g.a_step;
      const float* b = g.b + k * g.b_pitch + j;
      if (packed) {
        pack_panel(g, k, depth, j, columns, panel, pitch);
        b = panel;
      }
      const std::size_t b_pitch = packed ? pitch : g.b_pitch;
      if (pitch == width) {
        panel_product<1>(g, a, b, b_pitch, depth, g.c + j, columns, start, bias, g.relu && all);
      } else {
        panel_product<2>(g, a, b, b_pitch, depth, g.c + j, columns, start, bias, g.relu && all);
      }
      k += depth;
    } while (k < g.inner);
  }
}

/// Vecs · width results of x · w for one row x. The inner index is split over Ways partial
/// sums, as many as the latency of an addition asks for when there are few columns.
template <std::size_t Vecs, std::size_t Ways>
MUSTER_SIMD_KERNEL void gemv_block(const float* x, std::size_t inner, const float* w,
                                   std::size_t pitch, std::size_t columns, const float* bias,
                                   bool relu_last, float* y) {
  const std::size_t last = columns - (Vecs - 1) * width;
  vec sum[Ways][Vecs];
  MUSTER_SIMD_UNROLL for (std::size_t s = 0; s < Ways; ++s) {
    MUSTER_SIMD_UNROLL for (std::size_t v = 0; v < Vecs; ++v) sum[s][v] = vec{};
  }
  if (bias != nullptr) {
    MUSTER_SIMD_UNROLL for (std::size_t v = 0; v + 1 < Vecs; ++v) {
      sum[0][v] = load(bias + v * width);
    }
    sum[0][Vecs - 1] = load_up_to(bias + (Vecs - 1) * width, last);
  }
  std::size_t k = 0;
  if (last == width) {
    for (; k + Ways <= inner; k += Ways) {
      MUSTER_SIMD_UNROLL for (std::size_t s = 0; s < Ways; ++s) {
        const vec xv = broadcast(x[k + s]);
        const float* row = w + (k + s) * pitch;
        MUSTER_SIMD_UNROLL for (std::size_t v = 0; v < Vecs; ++v) {
          sum[s][v] = fma(xv, load(row + v * width), sum[s][v]);
        }
      }
    }
  } else {
    for (; k + Ways <= inner; k += Ways) {
      MUSTER_SIMD_UNROLL for (std::size_t s = 0; s < Ways; ++s) {
        const vec xv = broadcast(x[k + s]);
        const float* row = w + (k + s) * pitch;
        MUSTER_SIMD_UNROLL for (std::size_t v = 0; v + 1 < Vecs; ++v) {
          sum[s][v] = fma(xv, load(row + v * width), sum[s][v]);
        }
        sum[s][Vecs - 1] = fma(xv, load_first(row + (Vecs - 1) * width, last), sum[s][Vecs - 1]);
      }
    }
  }
  for (; k < inner; ++k) {
    const vec xv = broadcast(x[k]);
    const float* row = w + k * pitch;
    MUSTER_SIMD_UNROLL for (std::size_t v = 0; v + 1 < Vecs; ++v) {
      sum[0][v] = fma(xv, load(row + v * width), sum[0][v]);
    }
    sum[0][Vecs - 1] = fma(xv, load_up_to(row + (Vecs - 1) * width, last), sum[0][Vecs - 1]);
  }
  MUSTER_SIMD_UNROLL for (std::size_t v = 0; v < Vecs; ++v) {
    vec total = sum[0][v];
    MUSTER_SIMD_UNROLL for (std::size_t s = 1; s < Ways; ++s) total += sum[s][v];
    if (relu_last) total = relu(total);
    if (v + 1 < Vecs) {
      store(y + v * width, total);
    } else {
      store_up_to(y + v * width, total, last);
    }
  }
}

/// y = x · w + bias for one row: every weight is read once, in the order of memory as far as
/// the registers reach, because the speed of the second-level cache is the limit.
MUSTER_SIMD_KERNEL inline void gemv(const float* x, std::size_t inner, const float* w,
                                    std::size_t columns, const float* bias, bool relu_last,
                                    float* y) {
  std::size_t j = 0;
#define MUSTER_SIMD_COLUMNS(V, WAYS)                                                 \
  gemv_block<V, WAYS>(x, inner, w + j, columns, left < (V)*width ? left : (V)*width, \
                      bias == nullptr ? nullptr : bias + j, relu_last, y + j);       \
  j += (V)*width;
  while (j < columns) {
    const std::size_t left = columns - j;
#if MUSTER_SIMD_WIDTH == 16
    if (left >= 16 * width) {
      MUSTER_SIMD_COLUMNS(16, 1)
    } else
#endif
        if (left >= 8 * width) {
      MUSTER_SIMD_COLUMNS(8, 1)
    } else if (left >= 4 * width) {
      MUSTER_SIMD_COLUMNS(4, 2)
    } else if (left > width) {
      MUSTER_SIMD_COLUMNS(2, 4)
    } else {
      MUSTER_SIMD_COLUMNS(1, 8)
    }
  }
#undef MUSTER_SIMD_COLUMNS
}

#endif
