// SPDX-License-Identifier: Apache-2.0
// Kernel text: kernels.hpp includes it once for each instruction set, hence no `#pragma once`.
#if defined(MUSTER_FEDERATED_WIDTH)

// Weighted sums over clients.
//
// Idea   sums in double precision stay in the second-level cache for a block of coordinates, and
//        ten clients at a time are added to them: few long streams are what memory is read
//        fastest by, and at that speed the wider sums cost nothing. In exchange n equal models
//        give that model to the last bit, and no sum of finite numbers overflows.

/// sum (+)= Σ a_k x_k for Group clients.
template <std::size_t Group>
MUSTER_FEDERATED_KERNEL void add_group(const float* const* x, const double* a, std::size_t first,
                                       std::size_t n, double* sum, bool fresh) {
  const float* from[Group];
  dvec weight[Group];
  MUSTER_FEDERATED_UNROLL for (std::size_t g = 0; g < Group; ++g) {
    from[g] = x[g] + first;
    weight[g] = a[g] - dvec{};
  }
  std::size_t j = 0;
  for (; j + 2 * half_width <= n; j += 2 * half_width) {
    dvec s = fresh ? dvec{} : load(sum + j);
    dvec t = fresh ? dvec{} : load(sum + j + half_width);
    MUSTER_FEDERATED_UNROLL for (std::size_t g = 0; g < Group; ++g) {
      s += weight[g] * widen(load_half(from[g] + j));
      t += weight[g] * widen(load_half(from[g] + j + half_width));
    }
    store(sum + j, s);
    store(sum + j + half_width, t);
  }
  for (; j < n; ++j) {
    double s = fresh ? 0.0 : sum[j];
    for (std::size_t g = 0; g < Group; ++g) s += a[g] * static_cast<double>(from[g][j]);
    sum[j] = s;
  }
}

MUSTER_FEDERATED_KERNEL inline bool mean(const float* const* x, const double* a,
                                         std::size_t clients, std::size_t first, std::size_t n,
                                         float* out) {
  alignas(64) double sum[mean_block];
  std::size_t k = 0;
  for (; k + 10 <= clients; k += 10) add_group<10>(x + k, a + k, first, n, sum, k == 0);
  for (; k + 6 <= clients; k += 6) add_group<6>(x + k, a + k, first, n, sum, k == 0);
  for (; k + 4 <= clients; k += 4) add_group<4>(x + k, a + k, first, n, sum, k == 0);
  for (; k + 2 <= clients; k += 2) add_group<2>(x + k, a + k, first, n, sum, k == 0);
  for (; k < clients; ++k) add_group<1>(x + k, a + k, first, n, sum, k == 0);
  ihalf bad{};
  std::size_t j = 0;
  for (; j + half_width <= n; j += half_width) {
    const half h = narrow(load(sum + j));
    *reinterpret_cast<loose_half*>(out + first + j) = h;
    bad |= (reinterpret_cast<ihalf>(h) & 0x7F800000) == 0x7F800000;
  }
  std::int32_t found = 0;
  for (std::size_t i = 0; i < half_width; ++i) found |= bad[i];
  for (; j < n; ++j) {
    const auto y = static_cast<float>(sum[j]);
    out[first + j] = y;
    found |= is_finite(y) ? 0 : 1;
  }
  return found == 0;
}

#endif
