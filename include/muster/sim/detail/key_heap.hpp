// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::sim::detail {

inline constexpr int place_bits = 24;
inline constexpr std::uint64_t max_places = std::uint64_t{1} << place_bits;
inline constexpr std::uint64_t max_sequence = std::uint64_t{1} << (64 - place_bits);

/// What the heap orders: time, then sequence number; the place comes along in the low bits.
struct key {
  std::uint64_t tail = 0;  // sequence << place_bits | place
  std::int64_t time = 0;

  [[nodiscard]] std::uint32_t place() const noexcept {
    return static_cast<std::uint32_t>(tail & (max_places - 1));
  }
  // One 128-bit comparison (subtract with borrow): no branch on equal times.
  friend bool operator<(const key& a, const key& b) noexcept {
    __extension__ using wide = __int128;
    __extension__ using bits = unsigned __int128;
    const auto join = [](const key& k) {
      return static_cast<wide>(static_cast<bits>(static_cast<std::uint64_t>(k.time)) << 64 |
                               k.tail);
    };
    return join(a) < join(b);
  }
};

/// A 4-ary min-heap of keys whose pop leaves a hole at the root for the next push.
///
/// Node i has the children 4i + 1 .. 4i + 4. The root sits at offset 3 of the block, so that
/// four children are one aligned cache line of 64 bytes.
class key_heap {
 public:
  key_heap() = default;
  key_heap(const key_heap&) = delete;
  key_heap& operator=(const key_heap&) = delete;
  key_heap(key_heap&& other) noexcept { swap(other); }
  key_heap& operator=(key_heap&& other) noexcept {
    key_heap(std::move(other)).swap(*this);
    return *this;
  }
  ~key_heap() { ::operator delete (block_, std::align_val_t{64}); }

  [[nodiscard]] std::size_t size() const noexcept { return count_ - (hole_ ? 1U : 0U); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  void reserve(std::size_t n) {
    if (n > capacity_) grow(n);
  }
  void clear() noexcept {
    count_ = 0;
    sequence_ = 0;
    hole_ = false;
    if (capacity_ != 0) std::fill_n(&node(0), padding, past_end);
  }

  void push(std::int64_t time, std::uint32_t place) {
    if (sequence_ == max_sequence) renumber();
    const key k{sequence_++ << place_bits | place, time};
    if (hole_) {
      hole_ = false;
      sift_down(k);
      return;
    }
    if (count_ == capacity_) grow(capacity_ == 0 ? 64 : 2 * capacity_);
    node(count_ + padding) = past_end;
    sift_up(count_++, k);
  }

  /// The least key. A hole is left open: the least child of the root is the answer then.
  [[nodiscard]] const key& top() const noexcept {
    if (!hole_) return node(0);
    std::size_t best = 1;
    for (std::size_t i = 2; i < count_ && i <= 4; ++i) {
      if (node(i) < node(best)) best = i;
    }
    return node(best);
  }
  /// Pretends that so many keys were pushed: what else would take hours to reach.
  void set_sequence_for_test(std::uint64_t pushed) noexcept { sequence_ = pushed; }

  [[nodiscard]] key pop() noexcept {
    fill_hole();
    hole_ = true;
    return node(0);
  }

 private:
  static constexpr std::size_t root_offset = 3;
  // Behind the last key lie three that are later than all, so that the last group of children
  // is compared like any other: no branch on how many there are.
  static constexpr std::size_t padding = 3;
  static constexpr key past_end{~std::uint64_t{0}, (std::numeric_limits<std::int64_t>::max)()};

  [[nodiscard]] key& node(std::size_t i) noexcept { return block_[root_offset + i]; }
  [[nodiscard]] const key& node(std::size_t i) const noexcept { return block_[root_offset + i]; }

  void fill_hole() noexcept {
    if (!hole_) return;
    hole_ = false;
    const key last = node(--count_);
    node(count_) = past_end;
    if (count_ != 0) sift_down(last);
  }

  void sift_up(std::size_t i, const key k) noexcept {
    while (i != 0) {
      const std::size_t parent = (i - 1) / 4;
      if (!(k < node(parent))) break;
      node(i) = node(parent);
      i = parent;
    }
    node(i) = k;
  }

  // The grandchildren lie in four lines in a row; asking for them now hides one level of memory
  // latency in queues that do not fit a cache. The address may be behind the end: it is a hint,
  // and therefore a number, not a pointer into the block.
  void prefetch_grandchildren(std::size_t child) const noexcept {
    const auto at =
        reinterpret_cast<std::uintptr_t>(block_) + (root_offset + 4 * child + 1) * sizeof(key);
    for (std::size_t line = 0; line < 4; ++line) {
      __builtin_prefetch(reinterpret_cast<const void*>(at + 64 * line));
    }
  }

  void sift_down(const key k) noexcept {
    std::size_t i = 0;
    std::size_t child = 1;
    while (child < count_) {
      const key* c = &node(child);
      prefetch_grandchildren(child);
      // Arithmetic instead of branches: which child is the least cannot be predicted.
      const std::size_t left = c[1] < c[0];
      const std::size_t right = 2 + static_cast<std::size_t>(c[3] < c[2]);
      const std::size_t use_right = std::size_t{0} - static_cast<std::size_t>(c[right] < c[left]);
      const std::size_t best = left + ((right - left) & use_right);
      if (!(c[best] < k)) {
        node(i) = k;
        return;
      }
      node(i) = c[best];
      i = child + best;
      child = 4 * i + 1;
    }
    node(i) = k;
  }

  void grow(std::size_t n) {
    auto* bigger = static_cast<key*>(
        ::operator new ((root_offset + n + padding) * sizeof(key), std::align_val_t{64}));
    if (count_ != 0) std::memcpy(bigger + root_offset, &node(0), count_ * sizeof(key));
    std::fill_n(bigger + root_offset + count_, padding, past_end);
    ::operator delete (block_, std::align_val_t{64});
    block_ = bigger;
    capacity_ = n;
  }

  // A sorted array is a heap, and keeps every pair of keys in its order.
  void renumber() noexcept {
    fill_hole();
    if (count_ != 0) std::sort(&node(0), &node(0) + count_);
    for (std::size_t i = 0; i < count_; ++i) {
      node(i).tail = static_cast<std::uint64_t>(i) << place_bits | node(i).place();
    }
    sequence_ = count_;
  }

  void swap(key_heap& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(count_, other.count_);
    std::swap(capacity_, other.capacity_);
    std::swap(sequence_, other.sequence_);
    std::swap(hole_, other.hole_);
  }

  key* block_ = nullptr;
  std::size_t count_ = 0;  // keys in the block, a hole at the root included
  std::size_t capacity_ = 0;
  std::uint64_t sequence_ = 0;
  bool hole_ = false;
};

}  // namespace muster::inline MUSTER_ABI::sim::detail
