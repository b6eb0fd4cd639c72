// SPDX-License-Identifier: Apache-2.0
// Kernel text: kernels.hpp includes it once for each instruction set, hence no `#pragma once`.
#if defined(MUSTER_SIMD_WIDTH)

// Softmax and its relatives, one row at a time. Lanes outside the row or the mask never
// contribute: they are replaced before they are used, so that a NaN there has no influence.

/// Largest allowed element of a row, -infinity if none is allowed. NaN is passed over here; it
/// reaches the result through the exponential.
MUSTER_SIMD_INLINE float row_top(const row_call& r, std::size_t row, const float* x) {
  const vec lowest = broadcast(-__builtin_inff());
  vec top = lowest;
  for (std::size_t j = 0; j < r.columns; j += width) {
    const vec e = load_up_to(x + j, r.columns - j);
    top = larger(allowed_lanes(r, row, j) ? e : lowest, top);
  }
  return largest_lane(top);
}

MUSTER_SIMD_KERNEL inline void softmax(const row_call& r, const float* x, float* y) {
  for (std::size_t row = 0; row < r.rows; ++row, x += r.columns, y += r.columns) {
    const float top = row_top(r, row, x);
    vec sum{};
    for (std::size_t j = 0; j < r.columns; j += width) {
      const std::size_t left = r.columns - j;
      const vec e = allowed_lanes(r, row, j) ? exp(load_up_to(x + j, left) - top) : vec{};
      sum += e;
      store_up_to(y + j, e, left);
    }
    const float total = sum_lanes(sum);
    const vec scale = broadcast(1.0F / total);
    if (total == 0.0F) continue;  // nothing is allowed: the row stays 0
    for (std::size_t j = 0; j < r.columns; j += width) {
      const std::size_t left = r.columns - j;
      const vec e = scale * load_up_to(y + j, left);
      // With a NaN in the row `scale` is NaN, and masked entries are still 0.
      store_up_to(y + j, allowed_lanes(r, row, j) ? e : vec{}, left);
    }
  }
}

MUSTER_SIMD_KERNEL inline void log_softmax(const row_call& r, const float* x, float* y) {
  const vec never = broadcast(static_cast<float>(masked_log_probability));
  for (std::size_t row = 0; row < r.rows; ++row, x += r.columns, y += r.columns) {
    const float top = row_top(r, row, x);
    vec sum{};
    for (std::size_t j = 0; j < r.columns; j += width) {
      sum += allowed_lanes(r, row, j) ? exp(load_up_to(x + j, r.columns - j) - top) : vec{};
    }
    const float log_sum = std::log(sum_lanes(sum));
    for (std::size_t j = 0; j < r.columns; j += width) {
      const std::size_t left = r.columns - j;
      const vec e = (load_up_to(x + j, left) - top) - log_sum;
      store_up_to(y + j, allowed_lanes(r, row, j) ? e : never, left);
    }
  }
}

MUSTER_SIMD_KERNEL inline void softmax_backward(const row_call& r, const float* y, const float* dy,
                                                float* dx) {
  for (std::size_t row = 0; row < r.rows; ++row) {
    vec sum{};
    for (std::size_t j = 0; j < r.columns; j += width) {
      const vec p = load_up_to(y + j, r.columns - j);
      sum += p == 0.0F ? vec{} : p * load_up_to(dy + j, r.columns - j);
    }
    const float dot = sum_lanes(sum);
    for (std::size_t j = 0; j < r.columns; j += width) {
      const std::size_t left = r.columns - j;
      const vec p = load_up_to(y + j, left);
      const vec d = p == 0.0F ? vec{} : p * (load_up_to(dy + j, left) - dot);
      store_up_to(dx + j, load_up_to(dx + j, left) + d, left);
    }
    y += r.columns;
    dy += r.columns;
    dx += r.columns;
  }
}

MUSTER_SIMD_KERNEL inline void log_softmax_backward(const row_call& r, const float* y,
                                                    const float* dy, float* dx) {
  for (std::size_t row = 0; row < r.rows; ++row) {
    vec sum{};
    for (std::size_t j = 0; j < r.columns; j += width) {
      sum += allowed_lanes(r, row, j) ? load_up_to(dy + j, r.columns - j) : vec{};
    }
    const float total = sum_lanes(sum);
    for (std::size_t j = 0; j < r.columns; j += width) {
      const std::size_t left = r.columns - j;
      const vec d = load_up_to(dy + j, left) - exp(load_up_to(y + j, left)) * total;
      const vec old = load_up_to(dx + j, left);
      store_up_to(dx + j, allowed_lanes(r, row, j) ? old + d : old, left);
    }
    y += r.columns;
    dy += r.columns;
    dx += r.columns;
  }
}

#endif
