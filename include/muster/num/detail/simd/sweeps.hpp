// SPDX-License-Identifier: Apache-2.0
// Kernel text: kernels.hpp includes it once for each instruction set, hence no `#pragma once`.
#if defined(MUSTER_SIMD_WIDTH)

// Element-wise sweeps. The choice of function is a switch inside the loop: it is the same in
// each round, so the branch costs nothing beside the memory access, and one loop is one loop
// to compile.

/// Runs `body` with i, and n - i as `left`, for blocks of `width` elements.
#define MUSTER_SIMD_EACH(body)                 \
  for (std::size_t i = 0; i < n; i += width) { \
    const std::size_t left = n - i;            \
    body                                       \
  }

MUSTER_SIMD_INLINE vec evaluate(unary f, vec x) {
  switch (f) {
    case unary::negate:
      return -x;
    case unary::exp:
      return exp(x);
    case unary::abs:
      return magnitude(x);
    case unary::square:
      return x * x;
    case unary::sqrt:
      return sqrt(x);
    case unary::relu:
      return relu(x);
    case unary::leaky_relu:
      return x < 0.0F ? x * static_cast<float>(leaky_slope) : x;
    case unary::elu:
      return x < 0.0F ? expm1_negative(x) : x;
    case unary::tanh:
      return tanh(x);
    case unary::sigmoid:
      return sigmoid(x);
    case unary::softplus:
      return relu(x) + log1p_unit(exp(-magnitude(x)));
    case unary::log:
      break;  // not offered here: the backend takes it from the C library
  }
  return x;
}
/// Derivative of an activation from its result.
MUSTER_SIMD_INLINE vec activation_slope(activation f, vec y) {
  const vec one = broadcast(1.0F);
  switch (f) {
    case activation::identity:
      break;
    case activation::relu:
      return y > 0.0F ? one : vec{};
    case activation::leaky_relu:
      return y > 0.0F ? one : broadcast(static_cast<float>(leaky_slope));
    case activation::elu:
      return y > 0.0F ? one : y + 1.0F;
    case activation::tanh:
      return 1.0F - y * y;
    case activation::sigmoid:
      return y * (1.0F - y);
    case activation::softplus:
      return -expm1_negative(-y);
  }
  return one;
}
MUSTER_SIMD_INLINE vec slope(unary f, vec x, vec y) {
  switch (f) {
    case unary::negate:
      return broadcast(-1.0F);
    case unary::exp:
      return y;
    case unary::log:
      return 1.0F / x;
    case unary::abs:
      return x > 0.0F ? broadcast(1.0F) : (x < 0.0F ? broadcast(-1.0F) : vec{});
    case unary::square:
      return x + x;
    case unary::sqrt:
      return 0.5F / y;
    case unary::relu:
      return activation_slope(activation::relu, y);
    case unary::leaky_relu:
      return activation_slope(activation::leaky_relu, y);
    case unary::elu:
      return activation_slope(activation::elu, y);
    case unary::tanh:
      return activation_slope(activation::tanh, y);
    case unary::sigmoid:
      return activation_slope(activation::sigmoid, y);
    case unary::softplus:
      return sigmoid(x);
  }
  return x;
}

MUSTER_SIMD_KERNEL inline void map(unary f, const float* x, float* y, std::size_t n) {
  MUSTER_SIMD_EACH(store_up_to(y + i, evaluate(f, load_up_to(x + i, left)), left);)
}
MUSTER_SIMD_KERNEL inline void map_backward(unary f, const float* x, const float* y,
                                            const float* dy, float* dx,
                                            std::size_t n){MUSTER_SIMD_EACH({
  const vec s = slope(f, load_up_to(x + i, left), load_up_to(y + i, left));
  store_up_to(dx + i, fma(load_up_to(dy + i, left), s, load_up_to(dx + i, left)), left);
})} MUSTER_SIMD_KERNEL
    inline void zip(binary f, const float* a, std::size_t a_step, const float* b,
                    std::size_t b_step, float* y, std::size_t n){MUSTER_SIMD_EACH({
      const vec av = a_step == 0 ? broadcast(*a) : load_up_to(a + i, left);
      const vec bv = b_step == 0 ? broadcast(*b) : load_up_to(b + i, left);
      vec r = av;
      switch (f) {
        case binary::add:
          r = av + bv;
          break;
        case binary::subtract:
          r = av - bv;
          break;
        case binary::multiply:
          r = av * bv;
          break;
        case binary::divide:
          r = av / bv;
          break;
        case binary::minimum:
          r = bv < av ? bv : av;
          break;
        case binary::maximum:
          r = bv > av ? bv : av;
          break;
      }
      // A NaN in a survives the comparison, one in b has to be put back.
      if (f == binary::minimum || f == binary::maximum) r = bv == bv ? r : bv;
      store_up_to(y + i, r, left);
    })} MUSTER_SIMD_KERNEL
    inline void multiply_add(const float* a, const float* b, float* y, std::size_t n) {
  MUSTER_SIMD_EACH(
      store_up_to(y + i,
                  fma(load_up_to(a + i, left), load_up_to(b + i, left), load_up_to(y + i, left)),
                  left);)
}
MUSTER_SIMD_KERNEL inline void fill(float* y, float value, std::size_t n) {
  MUSTER_SIMD_EACH(store_up_to(y + i, broadcast(value), left);)
}
MUSTER_SIMD_KERNEL inline void scale(float* y, float a, std::size_t n) {
  MUSTER_SIMD_EACH(store_up_to(y + i, a * load_up_to(y + i, left), left);)
}
MUSTER_SIMD_KERNEL inline void axpy(float a, const float* x, float* y, std::size_t n) {
  const vec av = broadcast(a);
  MUSTER_SIMD_EACH(
      store_up_to(y + i, fma(av, load_up_to(x + i, left), load_up_to(y + i, left)), left);)
}

MUSTER_SIMD_KERNEL inline void activation_backward(activation f, const float* y, const float* dy,
                                                   std::size_t rows, std::size_t columns, float* dz,
                                                   float* dbias) {
  // Four registers of columns at a time: the sums over the rows stay in registers, and each
  // row still gives whole cache lines.
  constexpr std::size_t vecs = 4;
  for (std::size_t j = 0; j < columns; j += vecs * width) {
    vec sum[vecs] = {};
    for (std::size_t r = 0; r < rows; ++r) {
      const std::size_t row = r * columns;
      MUSTER_SIMD_UNROLL for (std::size_t v = 0; v < vecs; ++v) {
        const std::size_t at = j + v * width;
        if (at >= columns) continue;
        const std::size_t left = columns - at;
        vec d = load_up_to(dy + row + at, left);
        if (f != activation::identity) {
          d *= activation_slope(f, load_up_to(y + row + at, left));
          store_up_to(dz + row + at, d, left);
        }
        sum[v] += d;
      }
    }
    MUSTER_SIMD_UNROLL for (std::size_t v = 0; v < vecs; ++v) {
      const std::size_t at = j + v * width;
      if (dbias == nullptr || at >= columns) continue;
      const std::size_t left = columns - at;
      store_up_to(dbias + at, load_up_to(dbias + at, left) + sum[v], left);
    }
  }
}

/// Blocks of 1024 elements in single precision with four partial sums, block totals in double:
/// a fixed order, and an error that does not grow with n.
MUSTER_SIMD_KERNEL inline float sum_squares(const float* x, std::size_t n) {
  double total = 0.0;
  constexpr std::size_t block = 1024;
  std::size_t first = 0;
  for (; first + block <= n; first += block) {
    vec sum[4] = {};
    for (std::size_t i = first; i < first + block; i += 4 * width) {
      MUSTER_SIMD_UNROLL for (std::size_t v = 0; v < 4; ++v) {
        const vec e = load(x + i + v * width);
        sum[v] = fma(e, e, sum[v]);
      }
    }
    total += static_cast<double>(sum_lanes((sum[0] + sum[1]) + (sum[2] + sum[3])));
  }
  vec sum{};
  for (; first < n; first += width) {
    const vec e = load_up_to(x + first, n - first);
    sum = fma(e, e, sum);
  }
  return static_cast<float>(total + static_cast<double>(sum_lanes(sum)));
}

/// One pass over the four arrays: the speed of memory is the limit.
MUSTER_SIMD_KERNEL inline void adam(float* p, const float* g, float* m, float* v, std::size_t n,
                                    const adam_step<float>& s) {
  const vec fresh1 = broadcast((1.0F - s.beta1) * s.gradient_scale);
  const vec fresh2 = broadcast((1.0F - s.beta2) * s.gradient_scale * s.gradient_scale);
  const vec beta1 = broadcast(s.beta1);
  const vec beta2 = broadcast(s.beta2);
  const vec rate = broadcast(s.rate / s.correction1);
  const vec correction2 = broadcast(1.0F / s.correction2);
  const vec epsilon = broadcast(s.epsilon);
  const vec keep = broadcast(1.0F - s.rate * s.weight_decay);
  MUSTER_SIMD_EACH({
    const vec gv = load_up_to(g + i, left);
    const vec mv = fma(fresh1, gv, beta1 * load_up_to(m + i, left));
    const vec vv = fma(fresh2, gv * gv, beta2 * load_up_to(v + i, left));
    const vec step = rate * mv / (sqrt(vv * correction2) + epsilon);
    store_up_to(m + i, mv, left);
    store_up_to(v + i, vv, left);
    store_up_to(p + i, fma(keep, load_up_to(p + i, left), -step), left);
  })
}

#endif
