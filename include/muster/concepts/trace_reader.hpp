// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>

#include <muster/core/result.hpp>

namespace muster::inline MUSTER_ABI {

/// Turns the text of a trace, which comes in chunks, into rows.
///
/// Syntax (checked here)   `r.feed(chunk, keep)`, as often as there is text, calls `keep(row)`;
///                         `r.finish(keep)` -> counts; `r.counts()` tells them on the way
/// Meaning (checked by testing/laws/trace_reader.hpp)
///   - the rows do not depend on where the text is cut into chunks;
///   - rows == kept + skipped, and `keep` was called `kept` times;
///   - any bytes at all give rows, or an error of one line; after it there are no more rows;
///   - memory does not grow with the text.
template <class R>
concept trace_reader = std::movable<R> && std::movable<typename R::row> &&
    requires(R& r, const R& c, std::span<const char> chunk, void (&keep)(const typename R::row&)) {
  { r.feed(chunk, keep) } -> std::same_as<result<void>>;
  { r.finish(keep).failure() } -> std::same_as<const error&>;
  { r.finish(keep)->rows } -> std::convertible_to<std::uint64_t>;
  { c.counts().rows } -> std::convertible_to<std::uint64_t>;
  { c.counts().kept } -> std::convertible_to<std::uint64_t>;
  { c.counts().skipped } -> std::convertible_to<std::uint64_t>;
  { c.first_bad_row() } -> std::convertible_to<std::optional<error>>;
};

}  // namespace muster::inline MUSTER_ABI
