// SPDX-License-Identifier: Apache-2.0
// Kernel text: kernels.hpp includes it once for each instruction set, hence no `#pragma once`.
#if defined(MUSTER_SIMD_WIDTH)

inline constexpr simd_table table{
    .gemm = gemm,
    .gemv = gemv,
    .activation_backward = activation_backward,
    .map = map,
    .map_backward = map_backward,
    .zip = zip,
    .multiply_add = multiply_add,
    .fill = fill,
    .scale = scale,
    .axpy = axpy,
    .softmax = softmax,
    .log_softmax = log_softmax,
    .softmax_backward = softmax_backward,
    .log_softmax_backward = log_softmax_backward,
    .sum_squares = sum_squares,
    .adam = adam,
    .add_rows = add_rows,
    .gather_rows = gather_rows,
    .divide_rows = divide_rows,
    .segment_max = segment_max,
};

#endif
