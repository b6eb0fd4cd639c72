// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI {

/// A function of rows with parameters: what actors and critics are made of.
///
/// Syntax (checked here)
///   `n.in()`, `n.out()`             elements per row
///   `n.forward(tape, x)`            on a tape, var [rows, in] -> var [rows, out]
///   `n.workspace_size(rows)`        elements of scratch memory for `infer`
///   `n.infer(x, y, workspace)`      without a tape; does not allocate
/// Meaning
///   - both paths compute the same numbers;
///   - a row of the result depends on that row of the input only;
///   - `forward` adds to the gradients of the store that the network was built on, when the
///     tape runs backward, and never changes values.
// clang-format off
template <class N>
concept network = std::movable<N> &&
    requires(const N& n, typename N::tape_type& tape, typename N::var_type x, std::size_t rows,
             std::span<const typename N::value_type> input,
             std::span<typename N::value_type> space) {
  typename N::backend_type;
  { n.in() } noexcept -> std::same_as<std::size_t>;
  { n.out() } noexcept -> std::same_as<std::size_t>;
  { n.forward(tape, x) } -> std::same_as<typename N::var_type>;
  { n.workspace_size(rows) } noexcept -> std::same_as<std::size_t>;
  // Views belong to a higher room; spans convert to them.
  n.infer(input, space, space);
};
// clang-format on

}  // namespace muster::inline MUSTER_ABI
