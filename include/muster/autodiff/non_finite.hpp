// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <muster/autodiff/tape.hpp>

namespace muster::inline MUSTER_ABI::autodiff {

/// Where the first NaN or infinity of a pass came from.
struct non_finite_origin {
  bool found = false;
  bool in_gradient = false;    ///< false: the operation's result; true: its way back
  const char* operation = "";  ///< "log", "affine", ...; "constant", "parameter" for what came in
  std::uint32_t node = 0;      ///< which one: position on the tape, counted from 0

  explicit operator bool() const noexcept { return found; }
};

namespace detail {

// The smallest and the largest element are finite exactly if all are; a sum of squares would
// overflow for large numbers that are still fine (masked log-probabilities for example).
template <class T, class Backend>
[[nodiscard]] bool all_finite(state<T, Backend>& s, num::view<const T> v) {
  if (v.size() == 0) return true;
  s.scratch.rewind();
  T* const room = s.scratch.take(2);
  s.backend.reduce(num::reduction::minimum, v, -1, num::view<T>{room, {}});
  s.backend.reduce(num::reduction::maximum, v, -1, num::view<T>{room + 1, {}});
  std::array<T, 2> host{};
  s.backend.download(num::view<const T>{room, {2}}, std::span<T>{host});
  return std::isfinite(host[0]) && std::isfinite(host[1]);
}

// Runs the backward step of node j once more, into fresh memory, and looks at what it adds to
// gradients that live where node k's does.
template <class T, class Backend>
[[nodiscard]] bool spoils(state<T, Backend>& s, std::size_t j, std::size_t k) {
  using node_type = node<T, Backend>;
  const node_type& consumer = s.nodes[j];
  bool reads = false;
  for (std::size_t i = 0; i < consumer.inputs; ++i) {
    const node_type& n = s.input(consumer, i);
    reads = reads || (n.wanted && n.gradient == s.nodes[k].gradient);
  }
  if (!reads || consumer.backward == nullptr || !s.has_gradient(consumer)) return false;

  std::vector<std::pair<std::uint32_t, node_type>> kept;
  for (std::size_t i = 0; i < consumer.inputs; ++i) {
    const std::uint32_t index = s.links[consumer.first_input + i];
    node_type& n = s.nodes[index];
    bool seen = false;
    for (const auto& [other, before] : kept) seen = seen || other == index;
    if (seen || !n.wanted) continue;
    kept.emplace_back(index, n);
    n.gradient = s.memory.take(n.value.size());
    n.gradient_lent = true;  // it is there already: the step must not take memory of its own
    s.backend.fill(num::view<T>{n.gradient, n.value.shape()}, T(0));
  }
  s.scratch.rewind();
  consumer.backward(s, consumer);
  bool spoiled = false;
  for (const auto& [index, before] : kept) {
    node_type& n = s.nodes[index];
    const num::view<const T> added{n.gradient, n.value.shape()};
    if (before.gradient == s.nodes[k].gradient || index == k) {
      spoiled = spoiled || !all_finite(s, added);
    }
  }
  for (const auto& [index, before] : kept) {
    s.nodes[index].gradient = before.gradient;
    s.nodes[index].gradient_lent = before.gradient_lent;
  }
  return spoiled;
}

}  // namespace detail

/// Names the operation that first produced a NaN or an infinity, in the values in order of
/// recording, then (after `backward`) in the gradients from the end.
///
/// Use    after a check of something that is computed anyway, so that a healthy step pays
///        nothing:  `if (!std::isfinite(loss.item())) report(first_non_finite(tape));`
///        and the same for the norm of the gradient; before `reset`.
/// Cost   two reductions and a transfer per node; may allocate. The tape stays as it was.
/// Limits masked entries of a constant may hold anything without harm, yet are reported.
template <class T, class Backend>
[[nodiscard]] non_finite_origin first_non_finite(tape<T, Backend>& t) {
  detail::state<T, Backend>& s = t.state();
  const auto name = [&](std::size_t i, bool in_gradient) {
    return non_finite_origin{true, in_gradient, s.nodes[i].operation,
                             static_cast<std::uint32_t>(i)};
  };
  for (std::size_t i = 0; i < s.nodes.size(); ++i) {
    if (!detail::all_finite(s, s.nodes[i].value)) return name(i, false);
  }
  for (std::size_t k = s.nodes.size(); s.pass != 0 && k-- > 0;) {
    const auto& n = s.nodes[k];
    if (!n.wanted || !s.has_gradient(n)) continue;
    if (detail::all_finite(s, num::view<const T>{n.gradient, n.value.shape()})) continue;
    for (std::size_t j = s.nodes.size(); j-- > 0;) {
      if (detail::spoils(s, j, k)) return name(j, true);
    }
    return name(k, true);  // it was there before: a bad seed, or memory that was not zeroed
  }
  return {};
}

}  // namespace muster::inline MUSTER_ABI::autodiff
