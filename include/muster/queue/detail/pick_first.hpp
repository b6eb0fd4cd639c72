// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <muster/core/contracts.hpp>
#include <muster/core/job.hpp>

namespace muster::inline MUSTER_ABI::queue::detail {

/// Index of the first job of the strict order `before`; one pass, `waiting` not empty.
template <class Before>
[[nodiscard]] constexpr std::size_t pick_first(std::span<const job> waiting,
                                               Before before) noexcept {
  MUSTER_EXPECTS(!waiting.empty(),
                 "muster: queue: pick from an empty queue; ask only while jobs wait");
  std::size_t best = 0;
  for (std::size_t i = 1; i < waiting.size(); ++i) {
    if (before(waiting[i], waiting[best])) best = i;
  }
  return best;
}

/// The same by a key per job, for keys that cost a look-up: each is asked for once. `key(job)` is
/// compared by <, and keys of different jobs must differ (put the id last).
template <class Key>
[[nodiscard]] constexpr std::size_t pick_least(std::span<const job> waiting, Key key) noexcept {
  MUSTER_EXPECTS(!waiting.empty(),
                 "muster: queue: pick from an empty queue; ask only while jobs wait");
  std::size_t best = 0;
  auto least = key(waiting[0]);
  for (std::size_t i = 1; i < waiting.size(); ++i) {
    const auto k = key(waiting[i]);
    if (k < least) {
      least = k;
      best = i;
    }
  }
  return best;
}

/// Orders by estimate, then time, then id.
struct estimate_key {
  double estimate;
  std::int64_t time;
  job_id id;
  friend constexpr bool operator<(const estimate_key& a, const estimate_key& b) noexcept {
    if (a.estimate != b.estimate) return a.estimate < b.estimate;
    return a.time != b.time ? a.time < b.time : a.id < b.id;
  }
};

}  // namespace muster::inline MUSTER_ABI::queue::detail
