// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <muster/num/backend/simd.hpp>

/// What aggregators spend their time in, for each instruction set; chosen when the program runs,
/// as in num/detail/simd/kernels.hpp, which says why the text is included once per set.
namespace muster::inline MUSTER_ABI::federated::detail {

/// Most coordinates of one call of `mean`: their sums, 64 KiB of stack, fit the second-level cache.
inline constexpr std::size_t mean_block = 8192;
/// Coordinates whose squares are added in single precision.
inline constexpr std::size_t distance_block = 2048;

/// Columns first ... first + n - 1 of the matrix with a row per client.
struct column_call {
  const float* const* x;
  std::size_t clients;
  std::size_t first;
  std::size_t n;       ///< <= kernel_table::columns
  std::size_t drop;    ///< how many are left out (on each side, where that has a meaning)
  std::int32_t* keys;  ///< room for clients · kernel_table::columns, best aligned to 64 bytes
  float* out;          ///< the result, of all columns
};

/// The kernels of one instruction set.
struct kernel_table {
  /// out[j] = Σ a_k x_k[j] for `n` <= mean_block coordinates from `first` on, added in the order of
  /// k; whether all are finite. They are not if some x_k[j] is not, whatever its weight.
  bool (*mean)(const float* const* x, const double* a, std::size_t clients, std::size_t first,
               std::size_t n, float* out);
  void (*distances)(const float* const* x, std::size_t clients, const float* centre,
                    std::size_t first, std::size_t n, double* out);
  void (*pair_distances)(const float* const* x, std::size_t clients, std::size_t numbers,
                         std::size_t from, std::size_t to, double* out);
  std::size_t columns;  ///< best number of columns for a call of the following
  // The answer is whether all numbers that were read are finite.
  bool (*median)(const column_call&);
  bool (*trimmed)(const column_call&);
  bool (*around_median)(const column_call&);
};

/// By its bits, so that no compiler option can assume the answer.
[[nodiscard]] inline bool is_finite(float x) noexcept {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  return (bits & 0x7F800000U) != 0x7F800000U;
}

}  // namespace muster::inline MUSTER_ABI::federated::detail

#if defined(__clang__)
#define MUSTER_FEDERATED_UNROLL _Pragma("clang loop unroll(full)")
#else
#define MUSTER_FEDERATED_UNROLL _Pragma("GCC unroll 16")
#endif
#define MUSTER_FEDERATED_INLINE MUSTER_FEDERATED_KERNEL [[gnu::always_inline]] inline

#define MUSTER_FEDERATED_WIDTH 4
#define MUSTER_FEDERATED_KERNEL
namespace muster::inline MUSTER_ABI::federated::detail::plain {
#include <muster/federated/detail/simd/lanes.hpp>
// after lanes.hpp
#include <muster/federated/detail/simd/columns.hpp>
#include <muster/federated/detail/simd/distances.hpp>
#include <muster/federated/detail/simd/means.hpp>
// last
#include <muster/federated/detail/simd/listing.hpp>
}  // namespace muster::inline MUSTER_ABI::federated::detail::plain
#undef MUSTER_FEDERATED_WIDTH
#undef MUSTER_FEDERATED_KERNEL

#if defined(__x86_64__)

#define MUSTER_FEDERATED_WIDTH 8
#define MUSTER_FEDERATED_KERNEL [[gnu::target("avx2,fma")]]
namespace muster::inline MUSTER_ABI::federated::detail::avx2 {
#include <muster/federated/detail/simd/lanes.hpp>
// after lanes.hpp
#include <muster/federated/detail/simd/columns.hpp>
#include <muster/federated/detail/simd/distances.hpp>
#include <muster/federated/detail/simd/means.hpp>
// last
#include <muster/federated/detail/simd/listing.hpp>
}  // namespace muster::inline MUSTER_ABI::federated::detail::avx2
#undef MUSTER_FEDERATED_WIDTH
#undef MUSTER_FEDERATED_KERNEL

#define MUSTER_FEDERATED_WIDTH 16
#define MUSTER_FEDERATED_KERNEL [[gnu::target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw")]]
namespace muster::inline MUSTER_ABI::federated::detail::avx512 {
#include <muster/federated/detail/simd/lanes.hpp>
// after lanes.hpp
#include <muster/federated/detail/simd/columns.hpp>
#include <muster/federated/detail/simd/distances.hpp>
#include <muster/federated/detail/simd/means.hpp>
// last
#include <muster/federated/detail/simd/listing.hpp>
}  // namespace muster::inline MUSTER_ABI::federated::detail::avx512
#undef MUSTER_FEDERATED_WIDTH
#undef MUSTER_FEDERATED_KERNEL

#endif

#undef MUSTER_FEDERATED_INLINE
#undef MUSTER_FEDERATED_UNROLL

namespace muster::inline MUSTER_ABI::federated::detail {

[[nodiscard]] inline const kernel_table& kernels_of(num::simd_level level) noexcept {
#if defined(__x86_64__)
  if (level == num::simd_level::avx512) return avx512::table;
  if (level == num::simd_level::avx2) return avx2::table;
#endif
  static_cast<void>(level);
  return plain::table;
}
/// Those of the best level of this machine.
[[nodiscard]] inline const kernel_table& kernels() noexcept {
  return kernels_of(num::simd::best());
}

}  // namespace muster::inline MUSTER_ABI::federated::detail
