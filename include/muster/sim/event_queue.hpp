// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/core/time.hpp>
#include <muster/sim/detail/key_heap.hpp>

namespace muster::inline MUSTER_ABI::sim {

/// The pending events of a simulation and its clock.
///
/// Idea      a heap of 16-byte keys (time, sequence number, place of the event) with four
///           children per node, which share a cache line; the events stay where they are. A pop
///           leaves a hole at the root that the next push fills, so "take one, schedule one",
///           the rhythm of every simulation, sifts once instead of twice.
/// Cost      O(log n) per push and pop; allocates only when it grows beyond what was reserved.
/// Determinism  by time, then in the order of `push`: events of equal time come out first in,
///           first out.
/// Limits    2^24 events pending at once; after 2^40 pushes the pending keys are renumbered
///           (n log n, the order stays).
/// Event     any movable, default-constructible type; small and trivially copyable is fastest.
///           To cancel an event, give it a generation number and ignore it when it comes out.
template <class Event>
class event_queue {
  static_assert(std::is_default_constructible_v<Event> && std::is_move_assignable_v<Event>,
                "muster: sim::event_queue needs events that can be made empty and moved; write a "
                "small struct or a std::variant");

 public:
  struct entry {
    instant time;
    Event event;
  };

  event_queue() = default;
  /// `start` is the first value of `now`; earlier events are refused.
  explicit event_queue(instant start) noexcept : now_{start} {}
  /// What was moved from is empty and may be used again.
  event_queue(event_queue&& other) noexcept
      : heap_{std::move(other.heap_)},
        events_{std::move(other.events_)},
        free_{std::move(other.free_)},
        spare_{std::exchange(other.spare_, none)},
        now_{other.now_} {}
  event_queue& operator=(event_queue&& other) noexcept {
    heap_ = std::move(other.heap_);
    events_ = std::move(other.events_);
    free_ = std::move(other.free_);
    spare_ = std::exchange(other.spare_, none);
    now_ = other.now_;
    return *this;
  }

  /// Makes room for `n` pending events, so that up to there nothing allocates.
  void reserve(std::size_t n) {
    heap_.reserve(n);
    events_.reserve(n);
    free_.reserve(n);
  }

  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
  /// The time of the event taken last: the simulated clock.
  [[nodiscard]] instant now() const noexcept { return now_; }
  /// The time of the next event, `never` when there is none.
  [[nodiscard]] instant next_time() const noexcept {
    return heap_.empty() ? never : instant{heap_.top().time};
  }

  /// Schedules `event`; `at` must not be before now().
  void push(instant at, Event event) {
    MUSTER_EXPECTS(at >= now_,
                   "muster: sim::event_queue: an event is in the past; schedule it at now() or "
                   "later");
    std::uint32_t place = 0;
    if (spare_ != none) {
      place = std::exchange(spare_, none);
      events_[place] = std::move(event);
    } else if (free_.empty()) {
      place = static_cast<std::uint32_t>(events_.size());
      MUSTER_EXPECTS(place < detail::max_places,
                     "muster: sim::event_queue holds at most 2^24 events; keep later ones aside");
      events_.push_back(std::move(event));
    } else {
      place = free_.back();
      free_.pop_back();
      events_[place] = std::move(event);
    }
    heap_.push(at.us, place);
  }

  /// Takes the next event and moves the clock to its time; not when empty.
  [[nodiscard]] entry pop() {
    MUSTER_EXPECTS(!heap_.empty(), "muster: sim::event_queue: pop when empty; ask empty() first");
    const detail::key first = heap_.pop();
    now_ = instant{first.time};
    const std::uint32_t place = first.place();
    if (spare_ != none) free_.push_back(spare_);
    spare_ = place;
    return {now_, std::move(events_[place])};
  }

  /// Handles events in order up to and including time `until`, then sets the clock to `until`.
  /// `handle(time, event)` may push.
  template <class Handle>
  void run_until(instant until, Handle&& handle) {
    while (next_time() <= until && !empty()) {
      entry e = pop();
      handle(e.time, e.event);
    }
    if (now_ < until) now_ = until;
  }

  /// Forgets all events and sets the clock; keeps the memory.
  void clear(instant start = {}) noexcept {
    heap_.clear();
    events_.clear();
    free_.clear();
    spare_ = none;
    now_ = start;
  }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  detail::key_heap heap_;
  std::vector<Event> events_;
  std::vector<std::uint32_t> free_;  // places in events_ to use again, last freed first: warm
  std::uint32_t spare_ = none;       // the place freed last, not yet in free_: most often used next
  instant now_{};
};

}  // namespace muster::inline MUSTER_ABI::sim
