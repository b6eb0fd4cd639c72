// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/autodiff/tape.hpp>

namespace muster::inline MUSTER_ABI::autodiff {

/// The value of x as a constant: nothing flows back through it. Copies nothing.
template <class T, class Backend>
[[nodiscard]] var<T, Backend> stop_gradient(var<T, Backend> x) {
  return x.on().constant(x.value());
}

}  // namespace muster::inline MUSTER_ABI::autodiff
