// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/autodiff/detail/arena.hpp>
#include <muster/num/view.hpp>

namespace muster::inline MUSTER_ABI::autodiff::detail {

template <class T, class Backend>
struct state;

/// Bytes an operation may keep with its node: numbers and views, no owners.
inline constexpr std::size_t attribute_bytes = 64;

/// One result on the tape, and how to go back from it.
template <class T, class Backend>
struct node {
  num::view<const T> value;
  T* gradient = nullptr;                                        // null until first wanted
  T* saved = nullptr;                                           // kept by the forward step
  std::size_t saved_size = 0;                                   // elements
  void (*backward)(state<T, Backend>&, const node&) = nullptr;  // null: nothing to go back to
  const char* operation = "";
  std::uint32_t first_input = 0;  // in state::links
  std::uint32_t inputs = 0;
  std::uint32_t pass = 0;      // the backward pass that `gradient` belongs to
  bool wanted = false;         // takes part in the gradient at all
  bool gradient_lent = false;  // the gradient's memory is the caller's: added to, never zeroed
  alignas(std::max_align_t) std::byte attributes[attribute_bytes];
};

/// Everything a tape remembers.
template <class T, class Backend>
struct state {
  using node_type = node<T, Backend>;

  explicit state(const Backend& b) : backend{b}, memory{b}, scratch{b} {}

  [[nodiscard]] node_type& input(const node_type& n, std::size_t i) {
    return nodes[links[n.first_input + i]];
  }
  [[nodiscard]] const node_type& input(const node_type& n, std::size_t i) const {
    return nodes[links[n.first_input + i]];
  }
  [[nodiscard]] bool has_gradient(const node_type& n) const noexcept {
    return n.gradient_lent || (n.gradient != nullptr && n.pass == pass);
  }
  /// The gradient's memory, taken and zeroed when a pass first comes here.
  [[nodiscard]] num::view<T> gradient(node_type& n) {
    const bool fresh = !has_gradient(n);
    if (n.gradient == nullptr) n.gradient = memory.take(n.value.size());
    const num::view<T> g{n.gradient, n.value.shape()};
    if (fresh) backend.fill(g, T(0));
    n.pass = pass;
    return g;
  }

  Backend backend;
  arena<T, Backend> memory;   // values, saved numbers, gradients: until the tape is reset
  arena<T, Backend> scratch;  // until the end of one backward step
  std::vector<node_type> nodes;
  std::vector<std::uint32_t> links;
  std::uint32_t pass = 0;
};

}  // namespace muster::inline MUSTER_ABI::autodiff::detail
