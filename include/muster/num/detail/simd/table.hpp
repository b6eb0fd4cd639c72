// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <muster/num/backend.hpp>

namespace muster::inline MUSTER_ABI::num {

/// Instruction sets the hand-written kernels exist for, in rising order.
enum class simd_level : std::uint8_t { plain, avx2, avx512 };

}  // namespace muster::inline MUSTER_ABI::num

namespace muster::inline MUSTER_ABI::num::detail {

/// What a product starts from before the first term is added.
enum class product_start : std::uint8_t { zero, bias, accumulate };

/// c = start + a · op(b), then ReLU if asked for.
struct gemm_call {
  std::size_t rows, columns, inner;
  const float* a;
  std::size_t a_row, a_step;  ///< a(i, k) = a[i · a_row + k · a_step]: covers a and a^T
  const float* b;
  std::size_t b_pitch;
  bool b_transposed;  ///< b(k, j) = b[j · b_pitch + k] instead of b[k · b_pitch + j]
  float* c;           ///< pitch is `columns`
  product_start start;
  const float* bias;
  bool relu;
};

struct row_call {  ///< row-wise operations on [rows, columns]; mask may be null
  std::size_t rows, columns;
  const std::uint8_t* mask;
};

/// The kernels of one instruction set. `n` counts elements, pointers need no alignment.
struct simd_table {
  void (*gemm)(const gemm_call&);
  void (*gemv)(const float* x, std::size_t inner, const float* w, std::size_t columns,
               const float* bias, bool relu, float* y);
  /// dz = dy · f'(y), dbias += column sums of dz; either output may be null.
  void (*activation_backward)(activation f, const float* y, const float* dy, std::size_t rows,
                              std::size_t columns, float* dz, float* dbias);
  void (*map)(unary f, const float* x, float* y, std::size_t n);
  void (*map_backward)(unary f, const float* x, const float* y, const float* dy, float* dx,
                       std::size_t n);
  /// y = f(a, b); a step of 0 repeats the first element.
  void (*zip)(binary f, const float* a, std::size_t a_step, const float* b, std::size_t b_step,
              float* y, std::size_t n);
  void (*multiply_add)(const float* a, const float* b, float* y, std::size_t n);  ///< y += a b
  void (*fill)(float* y, float value, std::size_t n);
  void (*scale)(float* y, float a, std::size_t n);
  void (*axpy)(float a, const float* x, float* y, std::size_t n);
  void (*softmax)(const row_call&, const float* x, float* y);
  void (*log_softmax)(const row_call&, const float* x, float* y);
  void (*softmax_backward)(const row_call&, const float* y, const float* dy, float* dx);
  void (*log_softmax_backward)(const row_call&, const float* y, const float* dy, float* dx);
  float (*sum_squares)(const float* x, std::size_t n);
  void (*adam)(float* p, const float* g, float* m, float* v, std::size_t n,
               const adam_step<float>& s);
  /// y[to[e]] += x[from[e]], rows of `columns`; a null index stands for 0, 1, 2, ...
  void (*add_rows)(const float* x, const std::uint32_t* from, float* y, const std::uint32_t* to,
                   std::size_t terms, std::size_t columns);
  void (*gather_rows)(const float* x, const std::uint32_t* index, float* y, std::size_t rows,
                      std::size_t columns);
  void (*divide_rows)(const float* x, const float* divisor, float* y, std::size_t rows,
                      std::size_t columns, bool accumulate);
  /// y holds the element of any row of each segment.
  void (*segment_max)(const float* x, const std::uint32_t* index, float* y, std::size_t rows,
                      std::size_t columns);
};

}  // namespace muster::inline MUSTER_ABI::num::detail
