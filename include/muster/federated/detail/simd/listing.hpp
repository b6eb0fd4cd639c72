// SPDX-License-Identifier: Apache-2.0
// Kernel text: kernels.hpp includes it once for each instruction set, hence no `#pragma once`.
#if defined(MUSTER_FEDERATED_WIDTH)

inline constexpr kernel_table table{
    .mean = mean,
    .distances = distances,
    .pair_distances = pair_distances,
    .columns = row,
    .median = median,
    .trimmed = trimmed,
    .around_median = around_median,
};

#endif
