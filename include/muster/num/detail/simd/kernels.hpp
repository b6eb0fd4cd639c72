// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <muster/num/detail/simd/table.hpp>

/// The kernels of each instruction set, and which of them this processor can run.
///
/// A user of a header-only library compiles for plain x86-64, so each function carries the
/// instruction set it needs as an attribute, and the choice is made when the program runs. The
/// attribute has to be on the function itself (a template or a lambda without it would be
/// compiled for plain x86-64), which is why the same text is included once per set.
#if defined(__x86_64__) && defined(__GNUC__)

#if defined(__clang__)
#define MUSTER_SIMD_UNROLL _Pragma("clang loop unroll(full)")
#define MUSTER_SIMD_HAS(builtin) __has_builtin(builtin)
#if !__has_builtin(__builtin_ia32_loadups512_mask) || !__has_builtin(__builtin_ia32_maskloadps256)
#define MUSTER_SIMD_NO_MASKED_MOVES
#endif
#else
#define MUSTER_SIMD_UNROLL _Pragma("GCC unroll 16")
#define MUSTER_SIMD_HAS(builtin) 0
#endif
#define MUSTER_SIMD_INLINE MUSTER_SIMD_KERNEL [[gnu::always_inline]] inline

#define MUSTER_SIMD_WIDTH 8
#define MUSTER_SIMD_KERNEL [[gnu::target("avx2,fma")]]
namespace muster::inline MUSTER_ABI::num::detail::avx2 {
#include <muster/num/detail/simd/vector.hpp>
// after vector.hpp
#include <muster/num/detail/simd/graph.hpp>
#include <muster/num/detail/simd/products.hpp>
#include <muster/num/detail/simd/rows.hpp>
#include <muster/num/detail/simd/sweeps.hpp>
// last
#include <muster/num/detail/simd/listing.hpp>
}  // namespace muster::inline MUSTER_ABI::num::detail::avx2
#undef MUSTER_SIMD_WIDTH
#undef MUSTER_SIMD_KERNEL

#define MUSTER_SIMD_WIDTH 16
#define MUSTER_SIMD_KERNEL [[gnu::target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw")]]
namespace muster::inline MUSTER_ABI::num::detail::avx512 {
#include <muster/num/detail/simd/vector.hpp>
// after vector.hpp
#include <muster/num/detail/simd/graph.hpp>
#include <muster/num/detail/simd/products.hpp>
#include <muster/num/detail/simd/rows.hpp>
#include <muster/num/detail/simd/sweeps.hpp>
// last
#include <muster/num/detail/simd/listing.hpp>
}  // namespace muster::inline MUSTER_ABI::num::detail::avx512
#undef MUSTER_SIMD_WIDTH
#undef MUSTER_SIMD_KERNEL

#undef MUSTER_SIMD_INLINE
#undef MUSTER_SIMD_HAS
#undef MUSTER_SIMD_UNROLL
#undef MUSTER_SIMD_EACH
#undef MUSTER_SIMD_NO_MASKED_MOVES

namespace muster::inline MUSTER_ABI::num::detail {

/// Asked of the processor and the operating system once.
[[nodiscard]] inline simd_level best_simd_level() noexcept {
  static const simd_level level = [] {
    __builtin_cpu_init();
    const bool fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (!fma) return simd_level::plain;
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
    return wide ? simd_level::avx512 : simd_level::avx2;
  }();
  return level;
}
[[nodiscard]] inline const simd_table* simd_table_of(simd_level level) noexcept {
  if (level == simd_level::avx512) return &avx512::table;
  return level == simd_level::avx2 ? &avx2::table : nullptr;
}

}  // namespace muster::inline MUSTER_ABI::num::detail

#else

namespace muster::inline MUSTER_ABI::num::detail {

[[nodiscard]] inline simd_level best_simd_level() noexcept { return simd_level::plain; }
[[nodiscard]] inline const simd_table* simd_table_of(simd_level) noexcept { return nullptr; }

}  // namespace muster::inline MUSTER_ABI::num::detail

#endif
