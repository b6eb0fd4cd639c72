// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <muster/concepts/cluster_rpc.hpp>
#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::coordination {

/// Remembers what a cluster has accepted from others, so that a repeated offer runs once.
///
/// Idea     an offer whose answer was lost comes again, with the same key. The ledger gives the
///          answer of the first time. Nobody repeats an offer after the deadline of its request
///          (coordination::retry), so a key may be forgotten `keep` after that deadline: memory
///          is bounded without a word of thanks from the origin.
/// Cost     O(1) expected per call (open addressing, at most half full); a sweep over the table
///          when it is full and something in it is old enough. No allocation after construction.
/// Determinism  answers depend on the calls alone, never on the order in the table.
class offer_ledger {
 public:
  struct config {
    std::size_t capacity = 4096;  ///< keys remembered at once; > 0
    duration keep =
        seconds(60);  ///< after the deadline: longest way of a message plus difference
                      ///< of the clusters' clocks, and time to ask for the outcome; >= 0
  };

  offer_ledger() : offer_ledger{config{}} {}
  explicit offer_ledger(config c) : config_{c} {
    MUSTER_EXPECTS(c.capacity > 0 && c.keep.us >= 0,
                   "muster: coordination::offer_ledger needs capacity > 0 and keep >= 0");
    std::size_t places = 2;
    while (places < 2 * c.capacity) places *= 2;
    places_.resize(places);
  }

  /// The reply given when the key was accepted; null when it was not, or is forgotten.
  [[nodiscard]] const offer_reply* find(request_key key) const noexcept {
    const entry& e = places_[place_of(key)];
    return e.used ? &e.reply : nullptr;
  }
  /// Remembers an accepted offer. False, and nothing remembered, when there is no room: then the
  /// offer must be refused. The key must be new.
  [[nodiscard]] bool accept(request_key key, instant deadline, const offer_reply& reply,
                            instant now) noexcept {
    if (size_ == config_.capacity && now >= oldest_) sweep(now);
    if (size_ == config_.capacity) return false;
    entry& e = places_[place_of(key)];
    MUSTER_EXPECTS(!e.used && reply.accepted(),
                   "muster: coordination::offer_ledger::accept got a key that it knows, or a "
                   "refusal; ask find(key) first");
    e = {key, end_of(deadline), reply, request_outcome::pending, true};
    oldest_ = (std::min)(oldest_, e.until);
    ++size_;
    return true;
  }
  /// Notes what became of an accepted request. True the first time only: so it counts once.
  bool settle(request_key key, request_outcome outcome) noexcept {
    entry& e = places_[place_of(key)];
    if (!e.used || e.outcome != request_outcome::pending) return false;
    e.outcome = outcome;
    return outcome != request_outcome::pending;
  }
  [[nodiscard]] request_outcome outcome(request_key key) const noexcept {
    const entry& e = places_[place_of(key)];
    return e.used ? e.outcome : request_outcome::unknown;
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  void clear() noexcept {
    std::fill(places_.begin(), places_.end(), entry{});
    size_ = 0;
    oldest_ = never;
  }

 private:
  struct entry {
    request_key key{};
    instant until{};  // forgotten from here on
    offer_reply reply{};
    request_outcome outcome = request_outcome::unknown;
    bool used = false;
  };

  [[nodiscard]] instant end_of(instant deadline) const noexcept {
    return deadline > never - config_.keep ? never : deadline + config_.keep;
  }
  [[nodiscard]] std::size_t home_of(request_key key) const noexcept {
    // Numbers of one origin are dense, so a multiplication by an odd constant spreads them.
    const std::uint64_t x =
        (static_cast<std::uint64_t>(key.id) + key.origin * 0xD1B54A32D192ED03U) *
        0x9E3779B97F4A7C15U;
    return static_cast<std::size_t>(x >> 32) & (places_.size() - 1);
  }
  /// Where the key is, or would be.
  [[nodiscard]] std::size_t place_of(request_key key) const noexcept {
    std::size_t i = home_of(key);
    while (places_[i].used && places_[i].key != key) i = (i + 1) & (places_.size() - 1);
    return i;
  }
  void sweep(instant now) noexcept {
    oldest_ = never;
    for (std::size_t i = 0; i < places_.size();) {
      if (places_[i].used && places_[i].until <= now) {
        erase(i);  // may move another entry here: look again
      } else {
        if (places_[i].used) oldest_ = (std::min)(oldest_, places_[i].until);
        ++i;
      }
    }
  }
  /// Closes the gap: whoever follows and is not at home moves up.
  void erase(std::size_t gap) noexcept {
    const std::size_t mask = places_.size() - 1;
    for (std::size_t i = (gap + 1) & mask; places_[i].used; i = (i + 1) & mask) {
      if (((i - home_of(places_[i].key)) & mask) >= ((i - gap) & mask)) {
        places_[gap] = places_[i];
        gap = i;
      }
    }
    places_[gap] = entry{};
    --size_;
  }

  config config_;
  std::vector<entry> places_;
  std::size_t size_ = 0;
  instant oldest_ = never;  // no entry is forgotten earlier
};

}  // namespace muster::inline MUSTER_ABI::coordination
