// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <utility>

#include <muster/autodiff/operation.hpp>
#include <muster/num/backend/simd.hpp>
#include <muster/num/view.hpp>

namespace muster::inline MUSTER_ABI::autodiff {

template <class T, class Backend>
class tape;

/// A number, vector or matrix on a tape: a small handle, cheap to copy.
///
/// Valid until the tape is reset; using it later is a broken precondition, not a wrong number.
/// Views point to memory of the backend: the host may read them if `Backend::host_memory`.
template <class T, class Backend>
struct var {
  tape<T, Backend>* owner = nullptr;
  std::uint32_t index = 0;
  std::uint32_t generation = 0;

  [[nodiscard]] num::view<const T> value() const { return on().value(*this); }
  [[nodiscard]] const num::shape& shape() const { return on().shape(*this); }
  /// After `tape::backward`; an empty view where no gradient arrived (it is zero).
  [[nodiscard]] num::view<const T> grad() const { return on().gradient(*this); }
  /// The one element of a scalar, brought to the host (waits for a device).
  [[nodiscard]] T item() const { return on().item(*this); }
  /// The tape it is on.
  [[nodiscard]] tape<T, Backend>& on() const {
    MUSTER_EXPECTS(owner != nullptr,
                   "muster: autodiff::var is on no tape; make it with tape.constant(view), "
                   "tape.parameter(view, gradient) or an operation");
    return *owner;
  }
};

/// Remembers what was computed, to compute the gradient on the way back (reverse mode).
///
///     tape<float> t;
///     auto w = t.parameter(weights, gradient_of_weights);
///     auto loss = mean(square(affine(t.constant(x), w, b, activation::tanh) - t.constant(y)));
///     t.backward(loss);          // adds to gradient_of_weights
///     t.reset();                 // the memory stays for the next pass
///
/// Idea           operations run at once and leave a node: views of value and gradient, the
///                inputs, a function that goes back, a few attributes. The order of recording
///                is a topological order, so going back is a loop from the end.
/// Source         S. Linnainmaa: Taylor expansion of the accumulated rounding error, BIT 16
///                (1976), for reverse mode.
/// Cost           nodes cost tens of nanoseconds. Memory comes in chunks while the tape warms
///                up; `reset` joins them, and a pass as large as one before allocates nothing.
///                Constants have no gradient: no memory, no work (the first layer of a network
///                does not compute the gradient of its input).
/// Device memory  neither tape nor operations touch an element: they do pointer arithmetic and
///                call the backend, which may be asynchronous.
/// Non-finite     not looked for on the way (it would cost a sweep per operation). Watch one
///                number that is computed anyway, the loss or the gradient's norm, and when it
///                is not finite ask `first_non_finite(tape)` which operation began it.
/// Determinism    that of the backend; gradients add up in the reverse order of recording.
/// See            operation.hpp for new operations, ops.hpp for those that exist.
template <class T, class Backend = num::simd>
class tape {
 public:
  using value_type = T;
  using backend_type = Backend;
  using var_type = var<T, Backend>;

  explicit tape(const Backend& backend = {}) : state_{backend} {}
  /// Vars of the other tape become invalid.
  tape(tape&& other) noexcept : state_{std::move(other.state_)} {
    other.forget();
    forget();
  }
  tape& operator=(tape&& other) noexcept {
    std::swap(state_, other.state_);
    other.forget();
    forget();
    return *this;
  }
  ~tape() = default;

  /// Room for so many nodes, and for so many elements of values and gradients together.
  /// Only on a new tape or right after `reset`.
  void reserve(std::size_t nodes, std::size_t elements) {
    MUSTER_EXPECTS(state_.nodes.empty(),
                   "muster: autodiff::tape::reserve on a tape in use; call it before recording");
    state_.nodes.reserve(nodes);
    state_.links.reserve(3 * nodes);
    state_.memory.reserve(elements);
  }

  // ---- what goes in -------------------------------------------------------------------------

  /// A value without gradient. Refers to the caller's memory, which must live until `reset`.
  var_type constant(num::view<const T> value) { return leaf("constant", value, nullptr, false); }
  /// A constant of one value in the tape's own memory.
  var_type filled(num::shape s, T value) {
    const num::view<T> y{state_.memory.take(s.size()), s};
    state_.backend.fill(y, value);
    return leaf("constant", y, nullptr, false);
  }
  /// A value whose gradient is added to the given memory by `backward` (zero it yourself when
  /// a new sum begins). Both live until `reset` at least.
  var_type parameter(num::view<const T> value, num::view<T> gradient) {
    MUSTER_EXPECTS(gradient.size() == value.size() && !gradient.empty(),
                   "muster: autodiff::tape::parameter takes a value and a gradient of one shape; "
                   "use variable(value) to let the tape keep the gradient");
    return leaf("parameter", value, gradient.data(), true);
  }
  /// A value whose gradient the tape keeps: read it with `var::grad` after `backward`.
  var_type variable(num::view<const T> value) { return leaf("variable", value, nullptr, true); }

  // ---- what happens -------------------------------------------------------------------------

  /// Runs an operation and remembers it. A new operation is a struct and a function:
  ///
  ///     struct twice_op {                                     // y = 2 x
  ///       const char* name() const { return "twice"; }
  ///       void forward(const auto& step) const {
  ///         step.backend().copy(step.input(0), step.output());
  ///         step.backend().scale(step.output(), 2);
  ///       }
  ///       void backward(auto& step) const {                   // dx += 2 dy
  ///         step.backend().axpy(2, step.output_gradient(), step.input_gradient(0));
  ///       }
  ///     };
  ///     template <class T, class Backend>
  ///     var<T, Backend> twice(var<T, Backend> x) {
  ///       return x.on().record(twice_op{}, {&x, 1}, x.shape());
  ///     }
  ///
  /// `saved` elements are kept between the two steps (`step.saved()`).
  template <operation<T, Backend> Op>
  var_type record(const Op& op, std::span<const var_type> inputs, num::shape s,
                  std::size_t saved = 0) {
    const num::view<T> output{state_.memory.take(s.size()), s};
    T* const kept = saved == 0 ? nullptr : state_.memory.take(saved);
    const var_type y = push(op, inputs, output);
    auto& n = state_.nodes.back();
    n.saved = kept;
    n.saved_size = saved;
    op.forward(forward_step<T, Backend>{state_, n, output});
    return y;
  }
  /// The same for an operation whose result lies in memory that exists already (a reshaped or
  /// partial view of an input): `forward` is not called.
  template <operation<T, Backend> Op>
  var_type record_view(const Op& op, std::span<const var_type> inputs, num::view<const T> result) {
    return push(op, inputs, result);
  }

  /// Computes the gradient of `root`, one number, times `seed`, with respect to everything
  /// before it. Gradients of parameters are added to; all others are those of the last call.
  void backward(var_type root, T seed = T(1)) {
    check(root);
    MUSTER_EXPECTS(state_.nodes[root.index].value.size() == 1,
                   "muster: autodiff::tape::backward starts from one number; reduce the result "
                   "with sum(x) or mean(x) first");
    if (!state_.nodes[root.index].wanted) return;  // nothing but constants: no gradient anywhere
    ++state_.pass;
    plant(state_.nodes[root.index], seed);
    for (std::size_t i = root.index + std::size_t{1}; i-- > 0;) {
      const auto& n = state_.nodes[i];
      if (n.backward == nullptr || !state_.has_gradient(n)) continue;
      state_.scratch.rewind();
      n.backward(state_, n);
    }
  }

  /// Forgets all nodes and keeps the memory. Every var made so far becomes invalid.
  void reset() {
    state_.memory.rewind();
    state_.scratch.rewind();
    forget();
  }

  // ---- what can be asked --------------------------------------------------------------------

  [[nodiscard]] const Backend& backend() const noexcept { return state_.backend; }
  /// Nodes since the last `reset`.
  [[nodiscard]] std::size_t size() const noexcept { return state_.nodes.size(); }
  /// Elements of backend memory held, used or not.
  [[nodiscard]] std::size_t capacity() const noexcept {
    return state_.memory.capacity() + state_.scratch.capacity();
  }

  [[nodiscard]] num::view<const T> value(var_type v) const { return at(v).value; }
  [[nodiscard]] const num::shape& shape(var_type v) const { return at(v).value.shape(); }
  [[nodiscard]] num::view<const T> gradient(var_type v) const {
    const auto& n = at(v);
    if (!n.wanted || !state_.has_gradient(n)) return {};
    return {n.gradient, n.value.shape()};
  }
  [[nodiscard]] bool wants_gradient(var_type v) const { return at(v).wanted; }
  [[nodiscard]] const char* operation_name(var_type v) const { return at(v).operation; }
  [[nodiscard]] T item(var_type v) const {
    const auto& n = at(v);
    MUSTER_EXPECTS(n.value.size() == 1,
                   "muster: autodiff::var::item is for one number; download value() instead");
    T host{};
    state_.backend.download(n.value, std::span<T>{&host, 1});
    return host;
  }
  /// For diagnostics that walk over all nodes.
  [[nodiscard]] detail::state<T, Backend>& state() noexcept { return state_; }

 private:
  template <class Op>
  static void go_back(detail::state<T, Backend>& s, const detail::node<T, Backend>& n) {
    backward_step<T, Backend> step{s, n};
    std::launder(reinterpret_cast<const Op*>(n.attributes))->backward(step);
  }

  var_type leaf(const char* name, num::view<const T> value, T* gradient, bool wanted) {
    MUSTER_EXPECTS(!value.empty(),
                   "muster: autodiff::tape got an empty view as a value; pass the array's view");
    auto& n = state_.nodes.emplace_back();
    n.value = value;
    n.operation = name;
    n.gradient = gradient;
    n.gradient_lent = gradient != nullptr;
    n.wanted = wanted;
    return last();
  }

  template <class Op>
  var_type push(const Op& op, std::span<const var_type> inputs, num::view<const T> value) {
    const auto first = static_cast<std::uint32_t>(state_.links.size());
    bool wanted = false;
    for (const var_type& x : inputs) {
      check(x);
      wanted = wanted || state_.nodes[x.index].wanted;
      state_.links.push_back(x.index);
    }
    auto& n = state_.nodes.emplace_back();
    n.value = value;
    n.operation = op.name();
    n.first_input = first;
    n.inputs = static_cast<std::uint32_t>(inputs.size());
    n.wanted = wanted;
    if (wanted) {
      n.backward = &go_back<Op>;
      ::new (static_cast<void*>(n.attributes)) Op(op);
    }
    return last();
  }

  void plant(detail::node<T, Backend>& root, T seed) {
    if (!root.gradient_lent) {
      const num::view<T> g = state_.gradient(root);
      state_.backend.fill(g, seed);
      return;
    }
    state_.scratch.rewind();
    const num::view<T> one{state_.scratch.take(1), root.value.shape()};
    state_.backend.fill(one, seed);
    state_.backend.axpy(T(1), one, num::view<T>{root.gradient, root.value.shape()});
  }

  [[nodiscard]] var_type last() noexcept {
    return {this, static_cast<std::uint32_t>(state_.nodes.size() - 1), generation_};
  }
  void forget() noexcept {
    state_.nodes.clear();
    state_.links.clear();
    state_.pass = 0;
    ++generation_;
  }
  void check([[maybe_unused]] var_type v) const {
    MUSTER_EXPECTS(v.owner == this,
                   "muster: autodiff::tape got a var of another tape (or an empty one); build one "
                   "expression on one tape, and bring values over with constant(x.value())");
    MUSTER_EXPECTS(v.generation == generation_ && v.index < state_.nodes.size(),
                   "muster: autodiff::tape got a var from before reset(); build the expression "
                   "again after each reset");
  }
  [[nodiscard]] const detail::node<T, Backend>& at(var_type v) const {
    check(v);
    return state_.nodes[v.index];
  }

  detail::state<T, Backend> state_;
  std::uint32_t generation_ = 1;
};

}  // namespace muster::inline MUSTER_ABI::autodiff
