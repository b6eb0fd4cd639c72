// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <muster/num/view.hpp>

namespace muster::inline MUSTER_ABI::num {

/// What a fused layer applies to x·w + b. Leaky ReLU has slope 0.01, ELU has alpha 1.
enum class activation : std::uint8_t { identity, relu, leaky_relu, elu, tanh, sigmoid, softplus };
enum class transpose : bool { no, yes };
enum class unary : std::uint8_t {
  negate,
  exp,
  log,
  abs,
  square,
  sqrt,
  relu,
  leaky_relu,
  elu,
  tanh,
  sigmoid,
  softplus
};
enum class binary : std::uint8_t { add, subtract, multiply, divide, minimum, maximum };
enum class reduction : std::uint8_t { sum, mean, minimum, maximum };

/// What a backend promises about the bits of a result, weakest last.
enum class determinism : std::uint8_t {
  bitwise,     ///< the same on every machine, given one compiler and -ffp-contract=off
  run_to_run,  ///< the same on every run of one program on one machine
  none         ///< may differ from run to run
};

/// An argument that is only read. It does not take part in the deduction of T, so that
/// `view<T>` and `view<const T>` are both accepted.
template <class T>
using in = std::type_identity_t<view<const T>>;
/// Positions counted from 0, which the backend checks.
using index_view = view<const std::uint32_t>;

/// Slope of leaky ReLU for negative arguments.
inline constexpr double leaky_slope = 0.01;
/// Log-probability that masked entries get: finite, so that 0 · log 0 stays 0, and
/// exp of it is 0.
inline constexpr double masked_log_probability = -1e30;

/// One step of Adam, moments corrected.
///
///   g' = gradient_scale · g;  m = beta1 m + (1 - beta1) g';  v = beta2 v + (1 - beta2) g'^2
///   p  = p - rate · (m / correction1 / (sqrt(v / correction2) + epsilon) + weight_decay · p)
template <class T>
struct adam_step {
  T rate = T(1e-3);
  T beta1 = T(0.9);
  T beta2 = T(0.999);
  T epsilon = T(1e-8);
  T weight_decay = T(0);    ///< decoupled from the gradient (AdamW); 0 is plain Adam
  T correction1 = T(1);     ///< 1 - beta1^t at step t = 1, 2, ...
  T correction2 = T(1);     ///< 1 - beta2^t
  T gradient_scale = T(1);  ///< from gradient-norm clipping
};

/// Owns memory, moves it, fills it. `host_memory` says whether the host may read it.
template <class B, class T = float>
concept memory_backend = std::is_copy_constructible_v<B> &&
    requires(const B& b, std::size_t n, T* p, view<T> v, in<T> c, std::span<const T> from,
             std::span<T> to, T a) {
  { B::guarantee } -> std::convertible_to<determinism>;
  { B::host_memory } -> std::convertible_to<bool>;
  { b.template allocate<T>(n) } -> std::same_as<T*>;
  b.deallocate(p, n);
  b.upload(from, v);
  b.download(c, to);
  b.synchronise();
  b.fill(v, a);
  b.copy(c, v);
  b.scale(v, a);
  b.axpy(a, c, v);
};

/// Matrix products and fused layers.
template <class B, class T = float>
concept product_backend = requires(const B& b, view<T> v, in<T> c) {
  b.matmul(c, transpose::no, c, transpose::yes, v, true);
  b.affine(c, c, c, activation::relu, v);
  b.affine_backward(c, c, c, c, activation::relu, v, v, v, v);
};

/// Element by element, and reductions.
template <class B, class T = float>
concept elementwise_backend = requires(const B& b, view<T> v, in<T> c, T a, int axis) {
  b.apply(unary::exp, c, v);
  b.apply_backward(unary::exp, c, c, c, v);
  b.apply(binary::add, c, c, v);
  b.apply_backward(binary::add, c, c, c, c, v, v);
  b.clip(c, a, a, v);
  b.clip_backward(c, a, a, c, v);
  b.huber(c, a, v);
  b.huber_backward(c, a, c, v);
  b.reduce(reduction::sum, c, axis, v);
  b.reduce_backward(reduction::sum, c, axis, c, c, v);
};

/// Row-wise normalisations: softmax in four forms, KMPS's policy, layer norm.
template <class B, class T = float>
concept normalising_backend = requires(const B& b, view<T> v, in<T> c, T a,
                                       view<const std::uint8_t> mask) {
  b.softmax(c, v);
  b.softmax_backward(c, c, v);
  b.log_softmax(c, v);
  b.log_softmax_backward(c, c, v);
  b.masked_softmax(c, mask, v);
  b.masked_log_softmax(c, mask, v);
  b.masked_log_softmax_backward(c, mask, c, v);
  b.relu1_l1(c, mask, v);
  b.relu1_l1_backward(c, mask, c, c, v);
  b.layer_norm(c, c, c, a, v, v);
  b.layer_norm_backward(c, c, c, c, v, v, v);
};

/// Picking, gathering, joining.
template <class B, class T = float>
concept indexing_backend = requires(const B& b, view<T> v, in<T> c, std::size_t n,
                                    view<const std::uint32_t> index) {
  b.pick_columns(c, index, v);
  b.pick_columns_backward(index, c, v);
  b.gather_rows(c, index, v);
  b.gather_rows_backward(index, c, v);
  b.copy_block(c, n, v, n, n, n, n, n, true);
};

/// Sums, means and maxima over groups of rows: what graphs are computed with.
template <class B, class T = float>
concept graph_backend = requires(const B& b, view<T> v, in<T> c, view<const std::uint32_t> index) {
  b.add_rows(c, index, v, index);
  b.count_rows(index, v);
  b.divide_rows(c, c, v, true);
  b.segment_max(c, index, v);
  b.segment_max_backward(c, index, c, c, v, v);
};

/// Sweeps over all parameters.
template <class B, class T = float>
concept optimising_backend = requires(const B& b, view<T> v, in<T> c, T a, adam_step<T> s) {
  b.sum_squares(c, v);
  b.adam(v, c, v, v, s);
  b.sgd(v, c, v, a, a, a);
};

/// Where arrays live and who computes on them.
///
/// Idea      everything above this line speaks of views and operations and never touches an
///           element, so an implementation may keep its arrays on a device and return
///           before the work is done (`synchronise` waits; a copy to the host waits too).
/// Meaning   (checked by testing/laws/backend.hpp against sums in higher precision)
///   - arrays are row-major; weight matrices are [in, out], y = x·w + b;
///   - forward operations overwrite their output, `..._backward` operations add to theirs;
///   - an empty view is an argument that is not wanted; zero rows are allowed;
///   - element-wise and row-wise operations may write over their first input; all other
///     outputs overlap no input;
///   - operations given by value in one order run in that order;
///   - nothing allocates once every operation has run at its largest size;
///   - NaN in an allowed input element reaches every output element computed from it;
///   - row-wise operations work along the last axis; a row whose mask allows nothing gets
///     probabilities 0 and log-probabilities `masked_log_probability`, and no gradient;
///   - masked elements are not read: whatever they hold has no influence.
/// A backend is a cheap value: copies refer to the same memory and device.
template <class B, class T = float>
concept backend = memory_backend<B, T> && product_backend<B, T> && elementwise_backend<B, T> &&
    normalising_backend<B, T> && indexing_backend<B, T> && graph_backend<B, T> &&
    optimising_backend<B, T>;

}  // namespace muster::inline MUSTER_ABI::num
