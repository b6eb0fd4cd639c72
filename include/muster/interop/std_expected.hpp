// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <version>

/// From muster::result to std::expected and back, where the standard library has it (C++23).
/// In earlier modes this header is empty, so including it is always allowed.
#ifdef __cpp_lib_expected

#include <expected>
#include <type_traits>
#include <utility>

#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI::interop {

template <class T>
[[nodiscard]] std::expected<T, error> to_expected(result<T> r) {
  if (!r) return std::unexpected{r.failure()};
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(r).value();
  }
}

template <class T>
[[nodiscard]] result<T> from_expected(std::expected<T, error> e) {
  if (!e) return std::move(e).error();
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(e).value();
  }
}

}  // namespace muster::inline MUSTER_ABI::interop

#endif
