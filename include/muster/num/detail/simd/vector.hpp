// SPDX-License-Identifier: Apache-2.0
// Kernel text: kernels.hpp includes it once for each instruction set, hence no `#pragma once`.
#if defined(MUSTER_SIMD_WIDTH)

// Registers as compiler vectors: operators and comparisons work on all lanes, and nothing has
// to be included for them (<immintrin.h> alone takes longer to parse than this whole room).
// The few operations without an operator are compiler built-ins.
using vec = float __attribute__((vector_size(4 * MUSTER_SIMD_WIDTH)));
using ivec = std::int32_t __attribute__((vector_size(4 * MUSTER_SIMD_WIDTH)));
// (a typedef, because clang forgets the alignment of an alias made with `using`)
typedef float loose_vec __attribute__((vector_size(4 * MUSTER_SIMD_WIDTH), aligned(4), may_alias));
using bytes = char __attribute__((vector_size(16)));
using vec8 = float __attribute__((vector_size(32)));
using vec4 = float __attribute__((vector_size(16)));
typedef float loose_vec8 __attribute__((vector_size(32), aligned(4), may_alias));
#if defined(__clang__)
using lane_bits = std::uint16_t;  ///< what the built-ins with a mask take
#else
using lane_bits = std::int16_t;
#endif
inline constexpr std::size_t width = MUSTER_SIMD_WIDTH;

MUSTER_SIMD_INLINE vec load(const float* p) { return *reinterpret_cast<const loose_vec*>(p); }
MUSTER_SIMD_INLINE void store(float* p, vec v) { *reinterpret_cast<loose_vec*>(p) = v; }
MUSTER_SIMD_INLINE vec broadcast(float x) { return x - vec{}; }  // x - 0 keeps the sign of zero

#if MUSTER_SIMD_WIDTH == 16
inline constexpr ivec lanes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#else
inline constexpr ivec lanes{0, 1, 2, 3, 4, 5, 6, 7};
#endif

/// a · b + c with one rounding, also where contraction is switched off.
MUSTER_SIMD_INLINE vec fma(vec a, vec b, vec c) {
#if MUSTER_SIMD_HAS(__builtin_elementwise_fma)
  return __builtin_elementwise_fma(a, b, c);
#elif MUSTER_SIMD_WIDTH == 16
  return __builtin_ia32_vfmaddps512_mask(a, b, c, static_cast<lane_bits>(-1), 4);
#else
  return __builtin_ia32_vfmaddps256(a, b, c);
#endif
}
MUSTER_SIMD_INLINE vec sqrt(vec x) {
#if MUSTER_SIMD_HAS(__builtin_elementwise_sqrt)
  return __builtin_elementwise_sqrt(x);
#elif MUSTER_SIMD_WIDTH == 16 && defined(__clang__)
  return __builtin_ia32_sqrtps512(x, 4);
#elif MUSTER_SIMD_WIDTH == 16
  return __builtin_ia32_sqrtps512_mask(x, x, static_cast<lane_bits>(-1), 4);
#else
  return __builtin_ia32_sqrtps256(x);
#endif
}
/// The first n < width elements, the other lanes 0 and their memory not touched.
MUSTER_SIMD_INLINE vec load_first(const float* p, std::size_t n) {
#if MUSTER_SIMD_WIDTH == 16 && !defined(MUSTER_SIMD_NO_MASKED_MOVES)
  return __builtin_ia32_loadups512_mask(p, vec{}, static_cast<lane_bits>((1U << n) - 1U));
#elif !defined(MUSTER_SIMD_NO_MASKED_MOVES)
  const ivec mask = lanes < static_cast<std::int32_t>(n);
  return __builtin_ia32_maskloadps256(reinterpret_cast<const vec8*>(p), mask);
#else
  vec v{};
  for (std::size_t i = 0; i < n; ++i) v[i] = p[i];
  return v;
#endif
}
MUSTER_SIMD_INLINE void store_first(float* p, vec v, std::size_t n) {
#if MUSTER_SIMD_WIDTH == 16 && !defined(MUSTER_SIMD_NO_MASKED_MOVES)
  __builtin_ia32_storeups512_mask(p, v, static_cast<lane_bits>((1U << n) - 1U));
#elif !defined(MUSTER_SIMD_NO_MASKED_MOVES)
  const ivec mask = lanes < static_cast<std::int32_t>(n);
  __builtin_ia32_maskstoreps256(reinterpret_cast<vec8*>(p), mask, v);
#else
  for (std::size_t i = 0; i < n; ++i) p[i] = v[i];
#endif
}
/// min(n, width) elements.
MUSTER_SIMD_INLINE vec load_up_to(const float* p, std::size_t n) {
  return n >= width ? load(p) : load_first(p, n);
}
MUSTER_SIMD_INLINE void store_up_to(float* p, vec v, std::size_t n) {
  if (n >= width) {
    store(p, v);
  } else {
    store_first(p, v, n);
  }
}

/// Sum and maximum over the lanes, by halves: a fixed order.
MUSTER_SIMD_INLINE float sum_lanes(vec v) {
#if MUSTER_SIMD_WIDTH == 16
  const vec8 h = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                 __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
#else
  const vec8 h = v;
#endif
  const vec4 q =
      __builtin_shufflevector(h, h, 0, 1, 2, 3) + __builtin_shufflevector(h, h, 4, 5, 6, 7);
  return (q[0] + q[2]) + (q[1] + q[3]);
}
MUSTER_SIMD_INLINE vec larger(vec a, vec b) { return a > b ? a : b; }
MUSTER_SIMD_INLINE float largest_lane(vec v) {
#if MUSTER_SIMD_WIDTH == 16
  const vec8 low = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
  const vec8 high = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  const vec8 h = low > high ? low : high;
#else
  const vec8 h = v;
#endif
  const vec4 first = __builtin_shufflevector(h, h, 0, 1, 2, 3);
  const vec4 second = __builtin_shufflevector(h, h, 4, 5, 6, 7);
  const vec4 q = first > second ? first : second;
  const float even = q[0] > q[2] ? q[0] : q[2];
  const float odd = q[1] > q[3] ? q[1] : q[3];
  return even > odd ? even : odd;
}
/// All ones in the lanes j ... j + width - 1 that lie in the row and are allowed by the mask.
MUSTER_SIMD_INLINE ivec allowed_lanes(const row_call& r, std::size_t row, std::size_t j) {
  const std::size_t left = r.columns - j;
  const ivec inside = lanes < static_cast<std::int32_t>(left < width ? left : width);
  if (r.mask == nullptr) return inside;
  // A whole register of mask bytes may reach into the next row, not beyond the array.
  const std::size_t at = row * r.columns + j;
  bytes m{};
  if (at + width <= r.rows * r.columns) {
#if MUSTER_SIMD_WIDTH == 16
    std::memcpy(&m, r.mask + at, width);
#else
    std::int64_t low = 0;  // through a register: a wide load of a fresh narrow store waits
    std::memcpy(&low, r.mask + at, width);
    using words = std::int64_t __attribute__((vector_size(16)));
    m = reinterpret_cast<bytes>(words{low, 0});
#endif
  } else {
    for (std::size_t i = 0; i < left; ++i) m[i] = static_cast<char>(r.mask[at + i]);
  }
#if defined(__clang__) && MUSTER_SIMD_WIDTH == 16
  const ivec wide = __builtin_convertvector(m, ivec);
#elif defined(__clang__)
  const ivec wide =
      __builtin_convertvector(__builtin_shufflevector(m, m, 0, 1, 2, 3, 4, 5, 6, 7), ivec);
#elif MUSTER_SIMD_WIDTH == 16  // GCC 12 converts byte by byte unless told the instruction
  const ivec wide = __builtin_ia32_pmovzxbd512_mask(m, ivec{}, -1);
#else
  const ivec wide = __builtin_ia32_pmovzxbd256(m);
#endif
  return inside & (wide != 0);
}

/// e^x. Relative error below 2e-7 where the result is a normal number; below that (x < -87.3)
/// it falls to 0 gradually. Overflow gives infinity, NaN gives NaN.
///
/// e^x = 2^n e^r with |r| <= ln(2)/2; e^r by the polynomial of Cephes' expf (S. Moshier).
MUSTER_SIMD_INLINE vec exp(vec x) {
  x = x > 89.0F ? broadcast(89.0F) : x;
  x = x < -104.0F ? broadcast(-104.0F) : x;
  const vec t = x * 1.44269504088896341F;
  const ivec n = __builtin_convertvector(t + (t < 0.0F ? broadcast(-0.5F) : broadcast(0.5F)), ivec);
  const vec nf = __builtin_convertvector(n, vec);
  vec r = fma(nf, broadcast(-0.693359375F), x);
  r = fma(nf, broadcast(2.12194440e-4F), r);
  vec p = broadcast(1.9875691500e-4F);
  p = fma(p, r, broadcast(1.3981999507e-3F));
  p = fma(p, r, broadcast(8.3334519073e-3F));
  p = fma(p, r, broadcast(4.1665795894e-2F));
  p = fma(p, r, broadcast(1.6666665459e-1F));
  p = fma(p, r, broadcast(5.0000001201e-1F));
  p = fma(p, r * r, r) + 1.0F;
  // 2^n in two factors, because n runs from -150 to 128 and an exponent from -126 to 127.
  const ivec half = n >> 1;
  const ivec s1 = (half + 127) << 23;
  const ivec s2 = (n - half + 127) << 23;
  return p * reinterpret_cast<vec>(s1) * reinterpret_cast<vec>(s2);
}
MUSTER_SIMD_INLINE vec magnitude(vec x) {
  return reinterpret_cast<vec>(reinterpret_cast<ivec>(x) & 0x7FFFFFFF);
}
MUSTER_SIMD_INLINE vec with_sign_of(vec size, vec sign) {
  const ivec s = reinterpret_cast<ivec>(sign) & static_cast<std::int32_t>(0x80000000U);
  return reinterpret_cast<vec>(reinterpret_cast<ivec>(size) | s);
}
/// Relative error below 4e-7: an odd polynomial near 0 (Cephes' tanhf), else by e^2x.
MUSTER_SIMD_INLINE vec tanh(vec x) {
  const vec size = magnitude(x);
  const vec outside = with_sign_of(1.0F - 2.0F / (exp(size + size) + 1.0F), x);
  const vec z = x * x;
  vec p = broadcast(-5.70498872745e-3F);
  p = fma(p, z, broadcast(2.06390887954e-2F));
  p = fma(p, z, broadcast(-5.37397155531e-2F));
  p = fma(p, z, broadcast(1.33314422036e-1F));
  p = fma(p, z, broadcast(-3.33332819422e-1F));
  const vec inside = fma(p * z, x, x);
  return size < 0.625F ? inside : outside;
}
MUSTER_SIMD_INLINE vec sigmoid(vec x) { return 1.0F / (1.0F + exp(-x)); }
/// e^x - 1 for x <= 0, without cancellation near 0.
MUSTER_SIMD_INLINE vec expm1_negative(vec x) {
  const vec t = tanh(0.5F * x);
  return 2.0F * t / (1.0F - t);
}
/// log(1 + u) for u in [0, 1]: 2 artanh(u / (2 + u)), nine terms.
MUSTER_SIMD_INLINE vec log1p_unit(vec u) {
  const vec s = u / (2.0F + u);
  const vec z = s * s;
  vec p = broadcast(2.0F / 17.0F);
  p = fma(p, z, broadcast(2.0F / 15.0F));
  p = fma(p, z, broadcast(2.0F / 13.0F));
  p = fma(p, z, broadcast(2.0F / 11.0F));
  p = fma(p, z, broadcast(2.0F / 9.0F));
  p = fma(p, z, broadcast(2.0F / 7.0F));
  p = fma(p, z, broadcast(2.0F / 5.0F));
  p = fma(p, z, broadcast(2.0F / 3.0F));
  p = fma(p, z, broadcast(2.0F));
  return p * s;
}
MUSTER_SIMD_INLINE vec relu(vec x) { return x < 0.0F ? vec{} : x; }

#endif
