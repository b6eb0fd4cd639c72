// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>

#include <muster/num/backend.hpp>

// The functions of the enums for one number: the definition every backend is compared with.
namespace muster::inline MUSTER_ABI::num::detail {

// NaN passes through all of them: a comparison with NaN is false, so the branch that a false
// comparison takes returns the argument.
template <class T>
[[nodiscard]] T scalar_relu(T x) noexcept {
  return x < T(0) ? T(0) : x;
}
template <class T>
[[nodiscard]] T scalar_sigmoid(T x) noexcept {
  return T(1) / (T(1) + std::exp(-x));
}
/// log(1 + e^x) without overflow.
template <class T>
[[nodiscard]] T scalar_softplus(T x) noexcept {
  return scalar_relu(x) + std::log1p(std::exp(-std::abs(x)));
}

template <class T>
[[nodiscard]] T activate(activation f, T x) noexcept {
  switch (f) {
    case activation::identity:
      return x;
    case activation::relu:
      return scalar_relu(x);
    case activation::leaky_relu:
      return x < T(0) ? T(leaky_slope) * x : x;
    case activation::elu:
      return x < T(0) ? std::expm1(x) : x;
    case activation::tanh:
      return std::tanh(x);
    case activation::sigmoid:
      return scalar_sigmoid(x);
    case activation::softplus:
      return scalar_softplus(x);
  }
  return x;
}
/// The derivative of `activate` as a function of its result y; 0 for ReLU at 0.
template <class T>
[[nodiscard]] T activation_slope(activation f, T y) noexcept {
  switch (f) {
    case activation::identity:
      return T(1);
    case activation::relu:
      return y > T(0) ? T(1) : T(0);
    case activation::leaky_relu:
      return y > T(0) ? T(1) : T(leaky_slope);
    case activation::elu:
      return y > T(0) ? T(1) : y + T(1);
    case activation::tanh:
      return T(1) - y * y;
    case activation::sigmoid:
      return y * (T(1) - y);
    case activation::softplus:
      return -std::expm1(-y);  // 1 - e^-y = sigmoid(x)
  }
  return T(1);
}

template <class T>
[[nodiscard]] T evaluate(unary f, T x) noexcept {
  switch (f) {
    case unary::negate:
      return -x;
    case unary::exp:
      return std::exp(x);
    case unary::log:
      return std::log(x);
    case unary::abs:
      return std::abs(x);
    case unary::square:
      return x * x;
    case unary::sqrt:
      return std::sqrt(x);
    case unary::relu:
      return activate(activation::relu, x);
    case unary::leaky_relu:
      return activate(activation::leaky_relu, x);
    case unary::elu:
      return activate(activation::elu, x);
    case unary::tanh:
      return activate(activation::tanh, x);
    case unary::sigmoid:
      return activate(activation::sigmoid, x);
    case unary::softplus:
      return activate(activation::softplus, x);
  }
  return x;
}
/// Derivative at x, where y = evaluate(f, x). At kinks: 0 for abs and ReLU, the left slope
/// for leaky ReLU; sqrt has slope infinity at 0.
template <class T>
[[nodiscard]] T slope(unary f, T x, T y) noexcept {
  switch (f) {
    case unary::negate:
      return T(-1);
    case unary::exp:
      return y;
    case unary::log:
      return T(1) / x;
    case unary::abs:
      return x > T(0) ? T(1) : (x < T(0) ? T(-1) : T(0));
    case unary::square:
      return x + x;
    case unary::sqrt:
      return T(0.5) / y;
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
      return scalar_sigmoid(x);
  }
  return T(1);
}

/// True if minimum/maximum of (a, b) is b. Ties go to a, NaN wins.
template <class T>
[[nodiscard]] bool picks_second(binary f, T a, T b) noexcept {
  return b != b || (f == binary::minimum ? b < a : b > a);
}
template <class T>
[[nodiscard]] T evaluate(binary f, T a, T b) noexcept {
  switch (f) {
    case binary::add:
      return a + b;
    case binary::subtract:
      return a - b;
    case binary::multiply:
      return a * b;
    case binary::divide:
      return a / b;
    case binary::minimum:
    case binary::maximum:
      return picks_second(f, a, b) ? b : a;
  }
  return a;
}

/// Sum of f(0) ... f(n-1) in a fixed pairwise order: halves until 16 remain, those in turn.
/// The rounding error grows with log n instead of n.
template <class T, class F>
[[nodiscard]] T pairwise_sum(std::size_t first, std::size_t n, const F& f) noexcept {
  if (n <= 16) {
    T sum{};
    for (std::size_t i = first; i < first + n; ++i) sum += f(i);
    return sum;
  }
  const std::size_t half = n / 2;
  return pairwise_sum<T>(first, half, f) + pairwise_sum<T>(first + half, n - half, f);
}

}  // namespace muster::inline MUSTER_ABI::num::detail
