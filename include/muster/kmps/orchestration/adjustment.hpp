// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/concepts/frame_view.hpp>

namespace muster::inline MUSTER_ABI::kmps {

/// One decision of the orchestrator: a node, and what shall happen to a service there.
///
/// Services are counted from 1 here, as in the paper, so that 0 can mean "nothing".
struct adjustment {
  std::uint32_t node = 0;
  std::int32_t drawn = 0;     ///< l in -W..W as drawn: add (> 0) or remove (< 0) service |l|
  std::int32_t executed = 0;  ///< the same, or 0 where it could not be carried out

  [[nodiscard]] friend constexpr bool operator==(const adjustment&, const adjustment&) = default;
};

/// Says what the adjustments of one frame were worth, when the frame is over.
///
/// Syntax (checked here)   `r.begin(memory, view, adjustments)` right after the decision,
///                         `r.end(memory, after, adjustments, credit)` at the next frame
/// Meaning
///   - `memory` keeps what must be known of the frame before, since views do not last;
///   - the result is one number for the whole frame, of order one; frames are discounted into
///     returns, so that what an adjustment causes later counts too;
///   - `credit[i]` (zero before) may be changed by what adjustment i was worth by itself, compared
///     with doing nothing or with the others: it goes to the advantage of that draw alone;
///   - the same views and adjustments give the same reward; never throws.
template <class R>
concept orchestration_reward = std::movable<R> && std::default_initializable<typename R::memory> &&
    requires(const R& r, typename R::memory& memory, const frame_view& view,
             std::span<const adjustment> done, std::span<float> credit) {
  r.begin(memory, view, done);
  { r.end(memory, view, done, credit) } -> std::same_as<float>;
};

}  // namespace muster::inline MUSTER_ABI::kmps
