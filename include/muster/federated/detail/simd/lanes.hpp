// SPDX-License-Identifier: Apache-2.0
// Kernel text: kernels.hpp includes it once for each instruction set, hence no `#pragma once`.
#if defined(MUSTER_FEDERATED_WIDTH)

// Registers as compiler vectors, without a single built-in of one processor: the same text also
// gives the plain loops for processors that none of the instruction sets fit.
using vec = float __attribute__((vector_size(4 * MUSTER_FEDERATED_WIDTH)));
using ivec = std::int32_t __attribute__((vector_size(4 * MUSTER_FEDERATED_WIDTH)));
using uvec = std::uint32_t __attribute__((vector_size(4 * MUSTER_FEDERATED_WIDTH)));
using words = std::int64_t __attribute__((vector_size(4 * MUSTER_FEDERATED_WIDTH)));
using dvec = double __attribute__((vector_size(4 * MUSTER_FEDERATED_WIDTH)));
using half = float __attribute__((vector_size(2 * MUSTER_FEDERATED_WIDTH)));
using ihalf = std::int32_t __attribute__((vector_size(2 * MUSTER_FEDERATED_WIDTH)));
// (typedefs, because clang forgets the alignment of an alias made with `using`)
typedef float loose_vec
    __attribute__((vector_size(4 * MUSTER_FEDERATED_WIDTH), aligned(4), may_alias));
typedef std::int32_t loose_ivec
    __attribute__((vector_size(4 * MUSTER_FEDERATED_WIDTH), aligned(4), may_alias));
typedef float loose_half
    __attribute__((vector_size(2 * MUSTER_FEDERATED_WIDTH), aligned(4), may_alias));
typedef double loose_dvec
    __attribute__((vector_size(4 * MUSTER_FEDERATED_WIDTH), aligned(8), may_alias));
inline constexpr std::size_t width = MUSTER_FEDERATED_WIDTH;
inline constexpr std::size_t half_width = width / 2;

MUSTER_FEDERATED_INLINE vec load(const float* p) { return *reinterpret_cast<const loose_vec*>(p); }
MUSTER_FEDERATED_INLINE ivec load(const std::int32_t* p) {
  return *reinterpret_cast<const loose_ivec*>(p);
}
MUSTER_FEDERATED_INLINE half load_half(const float* p) {
  return *reinterpret_cast<const loose_half*>(p);
}
MUSTER_FEDERATED_INLINE dvec load(const double* p) {
  return *reinterpret_cast<const loose_dvec*>(p);
}
MUSTER_FEDERATED_INLINE void store(float* p, vec v) { *reinterpret_cast<loose_vec*>(p) = v; }
MUSTER_FEDERATED_INLINE void store(std::int32_t* p, ivec v) {
  *reinterpret_cast<loose_ivec*>(p) = v;
}
MUSTER_FEDERATED_INLINE void store(double* p, dvec v) { *reinterpret_cast<loose_dvec*>(p) = v; }

/// The first n <= width elements, the other lanes 0 and their memory not touched.
MUSTER_FEDERATED_INLINE vec load_first(const float* p, std::size_t n) {
  if (n == width) return load(p);
  vec v{};
  std::memcpy(&v, p, n * sizeof(float));
  return v;
}
MUSTER_FEDERATED_INLINE void store_first(float* p, vec v, std::size_t n) {
  if (n == width) return store(p, v);
  std::memcpy(p, &v, n * sizeof(float));
}

MUSTER_FEDERATED_INLINE half low(vec v) {
#if MUSTER_FEDERATED_WIDTH == 16
  return __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
#elif MUSTER_FEDERATED_WIDTH == 8
  return __builtin_shufflevector(v, v, 0, 1, 2, 3);
#else
  return __builtin_shufflevector(v, v, 0, 1);
#endif
}
MUSTER_FEDERATED_INLINE half high(vec v) {
#if MUSTER_FEDERATED_WIDTH == 16
  return __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
#elif MUSTER_FEDERATED_WIDTH == 8
  return __builtin_shufflevector(v, v, 4, 5, 6, 7);
#else
  return __builtin_shufflevector(v, v, 2, 3);
#endif
}
MUSTER_FEDERATED_INLINE dvec widen(half h) { return __builtin_convertvector(h, dvec); }
MUSTER_FEDERATED_INLINE half narrow(dvec d) { return __builtin_convertvector(d, half); }

/// Sum of the lanes, in a fixed order.
MUSTER_FEDERATED_INLINE float sum_lanes(vec v) {
  const half h = low(v) + high(v);
  float total = h[0];
  for (std::size_t i = 1; i < half_width; ++i) total += h[i];
  return total;
}
/// Whether any lane of a comparison holds.
MUSTER_FEDERATED_INLINE bool any(ivec mask) {
  const words w = reinterpret_cast<words>(mask);
  std::int64_t all = 0;
  for (std::size_t i = 0; i < half_width; ++i) all |= w[i];
  return all != 0;
}
/// All ones where the float with these bits is infinite or no number.
MUSTER_FEDERATED_INLINE ivec not_finite(ivec bits) { return (bits & 0x7F800000) == 0x7F800000; }

#endif
