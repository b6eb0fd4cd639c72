// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::trace::detail {

/// What has begun and not ended yet, by a key of two numbers; holds at most `most` entries.
///
/// Idea      open addressing with linear probes, at most half full; an entry that leaves is
///           replaced by those that were pushed behind it, so no marks of the dead pile up.
/// Cost      O(1) expected; allocates only while it grows.
template <class Value>
class open_table {
 public:
  struct entry {
    std::uint64_t first = 0, second = 0;
    bool used = false;
    Value value{};
  };

  explicit open_table(std::size_t most) : most_{most} {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  void clear() noexcept {
    slots_.clear();
    size_ = 0;
  }

  /// The value of a key, or nothing.
  [[nodiscard]] Value* find(std::uint64_t first, std::uint64_t second) noexcept {
    if (slots_.empty()) return nullptr;
    entry& e = slots_[place(first, second)];
    return e.used ? &e.value : nullptr;
  }

  /// Room for a key that is not there; nothing when the table is full. Earlier pointers are void.
  [[nodiscard]] Value* add(std::uint64_t first, std::uint64_t second) {
    if (size_ >= most_) return nullptr;
    if (2 * (size_ + 1) > slots_.size()) grow();
    entry& e = slots_[place(first, second)];
    e = {first, second, true, {}};
    ++size_;
    return &e.value;
  }

  void remove(std::uint64_t first, std::uint64_t second) noexcept {
    if (slots_.empty()) return;
    std::size_t hole = place(first, second);
    if (!slots_[hole].used) return;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = (hole + 1) & mask; slots_[i].used; i = (i + 1) & mask) {
      // An entry may move into the hole if its probes started there or before.
      const std::size_t home = hash(slots_[i].first, slots_[i].second) & mask;
      if (((i - home) & mask) < ((i - hole) & mask)) continue;
      slots_[hole] = slots_[i];
      hole = i;
    }
    slots_[hole].used = false;
    --size_;
  }

 private:
  // Mixes as SplitMix64 does (Steele, Lea, Flood 2014).
  [[nodiscard]] static std::size_t hash(std::uint64_t first, std::uint64_t second) noexcept {
    std::uint64_t x = first + 0x9E3779B97F4A7C15U * (second + 1);
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return static_cast<std::size_t>(x ^ (x >> 31));
  }
  // Where the key is, or where it would go.
  [[nodiscard]] std::size_t place(std::uint64_t first, std::uint64_t second) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = hash(first, second) & mask;
    while (slots_[i].used && (slots_[i].first != first || slots_[i].second != second)) {
      i = (i + 1) & mask;
    }
    return i;
  }
  void grow() {
    std::vector<entry> old(slots_.empty() ? 16 : 2 * slots_.size());
    old.swap(slots_);
    for (const entry& e : old) {
      if (e.used) slots_[place(e.first, e.second)] = e;
    }
  }

  std::size_t most_;
  std::size_t size_ = 0;
  std::vector<entry> slots_;  // a power of two of them
};

}  // namespace muster::inline MUSTER_ABI::trace::detail
