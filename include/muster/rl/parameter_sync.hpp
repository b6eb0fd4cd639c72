// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <muster/core/contracts.hpp>
#include <muster/nn/parameter_hash.hpp>
#include <muster/nn/parameter_store.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Which parameters somebody acts with.
struct parameter_stamp {
  std::uint64_t version = 0;
  std::uint64_t hash = 0;  ///< nn::parameter_hash
  friend constexpr bool operator==(const parameter_stamp&, const parameter_stamp&) = default;
};

/// Parameters on their way from one learner to all who act with them.
///
/// Idea      the learner publishes whole, numbered sets; every access point copies the newest one
///           when it suits it, at the end of an episode. Nobody ever sees half of one set and half
///           of another, and all who took version n hold the same bytes, which the hash proves.
/// Source    KMPS IV-A.4: the training thread "periodically synchronizes optimized parameters to
///           all distributed eAPs to ensure policy consistency". How is not said there.
/// Window    who fetches at the start of every episode acts with the version that was the newest
///           then: versions are mixed for the rest of one episode at most.
/// Equation  slots = readers + 2: one newest, one per reader, one to write into
/// How       a reader enters its name into the newest slot and looks whether that is still the
///           newest; the learner writes only where no name stands. So a reader repeats only if a
///           new version came in between, and the learner never waits at all.
/// Cost      `publish` and `fetch` copy the set once; nothing allocates after construction.
/// Threads   one publisher, `readers` threads that fetch at the same time.
template <class T = float>
class parameter_sync {
 public:
  struct config {
    std::size_t size = 1;     ///< numbers in a set, `store.values().size()`; >= 1
    std::size_t readers = 1;  ///< threads that fetch at the same time; >= 1
  };

  explicit parameter_sync(config c) : config_{c}, slots_(c.readers + 2) {
    MUSTER_EXPECTS(c.size > 0 && c.readers > 0,
                   "muster: rl::parameter_sync needs a size and readers above 0; pass "
                   "store.values().size()");
    for (slot& s : slots_) s.values.resize(c.size);
  }
  parameter_sync(const parameter_sync&) = delete;
  parameter_sync& operator=(const parameter_sync&) = delete;

  // ---- the learning thread ------------------------------------------------------------------

  /// Makes the store's values the newest version; versions must rise. False, and no change, if
  /// more threads than `readers` are fetching; try again.
  template <class Backend>
  bool publish(const nn::parameter_store<T, Backend>& store, std::uint64_t version) {
    const auto all = store.values();
    MUSTER_EXPECTS(all.size() == config_.size,
                   "muster: rl::parameter_sync got a store of another size; see its config");
    slot* free = writable(version);
    if (free == nullptr) return false;
    store.backend().download(num::view<const T>{all}, std::span<T>{free->values});
    return hand_out(*free, version);
  }
  /// The same for numbers in host memory.
  bool publish(std::span<const T> values, std::uint64_t version) {
    MUSTER_EXPECTS(values.size() == config_.size,
                   "muster: rl::parameter_sync got a set of another size; see its config");
    slot* free = writable(version);
    if (free == nullptr) return false;
    std::copy(values.begin(), values.end(), free->values.begin());
    return hand_out(*free, version);
  }

  // ---- any thread ---------------------------------------------------------------------------

  /// Copies the newest set if it is newer than `have`, and returns what is held now.
  template <class Backend>
  parameter_stamp fetch(nn::parameter_store<T, Backend>& store, parameter_stamp have) {
    MUSTER_EXPECTS(store.values().size() == config_.size,
                   "muster: rl::parameter_sync fetches into a store of another size");
    return read(have, [&](const slot& s) {
      store.backend().upload(std::span<const T>{s.values}, store.values());
    });
  }
  parameter_stamp fetch(std::span<T> values, parameter_stamp have) {
    MUSTER_EXPECTS(values.size() == config_.size,
                   "muster: rl::parameter_sync fetches into a set of another size");
    return read(
        have, [&](const slot& s) { std::copy(s.values.begin(), s.values.end(), values.begin()); });
  }
  /// The newest version; {0, 0} before the first.
  [[nodiscard]] parameter_stamp latest() {
    parameter_stamp now;
    return read(now, [](const slot&) {});
  }

 private:
  static constexpr std::uint32_t nothing = ~std::uint32_t{0};
  struct slot {
    std::vector<T> values;
    parameter_stamp stamp;
    std::atomic<std::uint32_t> readers{0};
  };

  // The order of these two atomics is what keeps reader and learner apart, so both are
  // sequentially consistent: whoever of "reader enters" and "learner looks for names" comes
  // second sees the other.
  slot* writable([[maybe_unused]] std::uint64_t version) {
    const std::uint32_t newest = newest_.load();
    MUSTER_EXPECTS(newest == nothing || version > slots_[newest].stamp.version,
                   "muster: rl::parameter_sync::publish got a version that is not newer; count up");
    for (std::uint32_t k = 0; k < slots_.size(); ++k) {
      if (k != newest && slots_[k].readers.load() == 0) return &slots_[k];
    }
    return nullptr;
  }
  bool hand_out(slot& s, std::uint64_t version) {
    s.stamp = {version, nn::parameter_hash(std::span<const T>{s.values})};
    newest_.store(static_cast<std::uint32_t>(&s - slots_.data()));
    return true;
  }
  template <class Copy>
  parameter_stamp read(parameter_stamp have, Copy&& copy) {
    for (;;) {
      const std::uint32_t k = newest_.load();
      if (k == nothing) return have;
      slot& s = slots_[k];
      s.readers.fetch_add(1);
      if (newest_.load() == k) {
        // No name but ours is needed to keep the learner out of this slot from here on.
        const parameter_stamp now = s.stamp;
        if (now.version > have.version || have.hash == 0) copy(static_cast<const slot&>(s));
        s.readers.fetch_sub(1);
        return now.version > have.version || have.hash == 0 ? now : have;
      }
      s.readers.fetch_sub(1);
    }
  }

  config config_;
  std::vector<slot> slots_;
  std::atomic<std::uint32_t> newest_{nothing};
};

}  // namespace muster::inline MUSTER_ABI::rl
