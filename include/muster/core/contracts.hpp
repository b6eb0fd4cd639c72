// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <muster/core/config.hpp>

#if MUSTER_CONTRACTS == 1
#include <cstdio>
#include <cstdlib>
#endif

#if MUSTER_CONTRACTS == 3
namespace muster {
/// Defined by the user when MUSTER_CONTRACTS is 3; must not return.
[[noreturn]] void contract_handler(const char* text, const char* file, int line);
}  // namespace muster
#endif

namespace muster::inline MUSTER_ABI::detail {

#if MUSTER_CONTRACTS == 1
/// Prints the one-line message of a broken precondition and aborts.
[[noreturn]] inline void contract_broken(const char* text, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: %s\n", file, line, text);
  std::abort();
}
#elif MUSTER_CONTRACTS == 2
[[noreturn]] inline void contract_broken(const char*, const char*, int) { __builtin_trap(); }
#elif MUSTER_CONTRACTS == 3
[[noreturn]] inline void contract_broken(const char* text, const char* file, int line) {
  muster::contract_handler(text, file, line);
}
#endif

}  // namespace muster::inline MUSTER_ABI::detail

/// States what a caller must ensure: `MUSTER_EXPECTS(n > 0, "muster: ... ; write ...")`.
/// A broken precondition is a bug of the caller, never bad input: that is `result`.
#if MUSTER_CONTRACTS == 0
// Not evaluated, but still read by the compiler, so that what only it uses counts as used.
#define MUSTER_EXPECTS(condition, text) static_cast<void>(sizeof((condition) ? 1 : 0))
#else
#define MUSTER_EXPECTS(condition, text) \
  ((condition) ? static_cast<void>(0) : ::muster::detail::contract_broken(text, __FILE__, __LINE__))
#endif
