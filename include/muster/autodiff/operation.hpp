// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include <muster/autodiff/detail/state.hpp>
#include <muster/num/view.hpp>

namespace muster::inline MUSTER_ABI::autodiff {

/// What an operation sees while it computes its result.
template <class T, class Backend>
class forward_step {
 public:
  using value_type = T;

  forward_step(detail::state<T, Backend>& s, const detail::node<T, Backend>& n, num::view<T> output)
      : state_{&s}, node_{&n}, output_{output} {}

  [[nodiscard]] const Backend& backend() const noexcept { return state_->backend; }
  [[nodiscard]] std::size_t inputs() const noexcept { return node_->inputs; }
  [[nodiscard]] num::view<const T> input(std::size_t i) const {
    return state_->input(*node_, i).value;
  }
  /// Not initialised: write every element.
  [[nodiscard]] num::view<T> output() const noexcept { return output_; }
  /// Memory that the way back will find again: as many elements as `tape::record` was asked for.
  [[nodiscard]] num::view<T> saved() const noexcept {
    return {node_->saved, num::shape{node_->saved_size}};
  }

 private:
  detail::state<T, Backend>* state_;
  const detail::node<T, Backend>* node_;
  num::view<T> output_;
};

/// What an operation sees while it hands its gradient on to its inputs.
template <class T, class Backend>
class backward_step {
 public:
  using value_type = T;

  backward_step(detail::state<T, Backend>& s, const detail::node<T, Backend>& n)
      : state_{&s}, node_{&n} {}

  [[nodiscard]] const Backend& backend() const noexcept { return state_->backend; }
  [[nodiscard]] std::size_t inputs() const noexcept { return node_->inputs; }
  [[nodiscard]] num::view<const T> input(std::size_t i) const {
    return state_->input(*node_, i).value;
  }
  [[nodiscard]] num::view<const T> output() const noexcept { return node_->value; }
  [[nodiscard]] num::view<const T> output_gradient() const noexcept {
    return {node_->gradient, node_->value.shape()};
  }
  [[nodiscard]] num::view<const T> saved() const noexcept {
    return {node_->saved, num::shape{node_->saved_size}};
  }

  /// Whether anybody wants the gradient of this input; a constant's is not computed.
  [[nodiscard]] bool wants(std::size_t i) const { return state_->input(*node_, i).wanted; }
  /// Add to it, do not overwrite: other operations add to it too. Empty if not wanted. Two
  /// inputs may share one gradient (x * x): hand both to one backend call only if they differ.
  [[nodiscard]] num::view<T> input_gradient(std::size_t i) {
    auto& n = state_->input(*node_, i);
    return n.wanted ? state_->gradient(n) : num::view<T>{};
  }
  /// Memory for the rest of this step, not initialised.
  [[nodiscard]] num::view<T> scratch(num::shape s) { return {state_->scratch.take(s.size()), s}; }

 private:
  detail::state<T, Backend>* state_;
  const detail::node<T, Backend>* node_;
};

/// A function with a derivative, as the tape wants it: see `tape::record` for one written out.
///
/// Syntax (checked here)   `op.name()` a text that lives for ever, `op.forward(step)`,
///                         `op.backward(step)`; trivially copyable, at most 64 bytes
/// Meaning (checked by check_gradient)
///   - `forward` writes `step.output()` from the inputs, by backend calls only;
///   - `backward` adds to each wanted input gradient the output gradient times the derivative;
///   - neither reads an element: memory may belong to a device.
template <class Op, class T, class Backend>
concept operation = std::is_trivially_copyable_v<Op> &&
                    sizeof(Op) <= detail::attribute_bytes&& requires(
                                      const Op& op, const forward_step<T, Backend>& f,
                                      backward_step<T, Backend>& b) {
  { op.name() } -> std::same_as<const char*>;
  op.forward(f);
  op.backward(b);
};

}  // namespace muster::inline MUSTER_ABI::autodiff
