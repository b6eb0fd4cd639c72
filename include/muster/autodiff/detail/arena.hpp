// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <muster/core/config.hpp>

namespace muster::inline MUSTER_ABI::autodiff::detail {

/// Memory of a backend, handed out from the front and taken back all at once.
///
/// Idea   grows by chunks while the need is unknown, so nothing handed out ever moves;
///        `rewind` replaces several chunks by one of their size, so a second pass of the same
///        length finds everything in place and allocates nothing.
/// Every piece starts at a cache line (64 bytes) relative to its chunk, and no element is
/// ever read or written here: the memory may belong to a device.
template <class T, class Backend>
class arena {
 public:
  explicit arena(const Backend& backend) : backend_{backend} {}
  arena(arena&& other) noexcept
      : backend_{other.backend_},
        chunks_{std::exchange(other.chunks_, {})},
        used_{std::exchange(other.used_, 0)},
        taken_{std::exchange(other.taken_, 0)} {}
  arena& operator=(arena&& other) noexcept {
    std::swap(backend_, other.backend_);
    std::swap(chunks_, other.chunks_);
    std::swap(used_, other.used_);
    std::swap(taken_, other.taken_);
    return *this;
  }
  ~arena() { release(); }

  /// Room for n elements, valid until `rewind`; never null, also for n = 0.
  [[nodiscard]] T* take(std::size_t n) {
    n = rounded(n);
    if (chunks_.empty() || n > chunks_.back().size - used_) grow(n);
    T* const p = chunks_.back().data + used_;
    used_ += n;
    taken_ += n;
    return p;
  }
  /// Takes everything back.
  void rewind() {
    if (chunks_.size() > 1) replace(taken_);
    used_ = 0;
    taken_ = 0;
  }
  /// Makes room for n elements in all; only right after construction or `rewind`.
  void reserve(std::size_t n) {
    if (n > capacity()) replace(rounded(n));
  }
  [[nodiscard]] std::size_t capacity() const noexcept {
    std::size_t n = 0;
    for (const chunk& c : chunks_) n += c.size;
    return n;
  }
  [[nodiscard]] static constexpr std::size_t rounded(std::size_t n) noexcept {
    constexpr std::size_t granule = sizeof(T) < 64 ? 64 / sizeof(T) : 1;
    return n == 0 ? granule : (n + granule - 1) / granule * granule;
  }

 private:
  struct chunk {
    T* data;
    std::size_t size;
  };
  static constexpr std::size_t first_chunk = 16384;  // elements

  void grow(std::size_t n) {
    std::size_t size = chunks_.empty() ? first_chunk : 2 * chunks_.back().size;
    if (size < n) size = n;
    chunks_.push_back({backend_.template allocate<T>(size), size});
    used_ = 0;
  }
  void replace(std::size_t n) {
    release();
    chunks_.push_back({backend_.template allocate<T>(n), n});
  }
  void release() {
    // What was queued on a device may still use the chunks.
    if (!chunks_.empty()) backend_.synchronise();
    for (const chunk& c : chunks_) backend_.deallocate(c.data, c.size);
    chunks_.clear();
  }

  Backend backend_;
  std::vector<chunk> chunks_;
  std::size_t used_ = 0;   // of the last chunk
  std::size_t taken_ = 0;  // of all chunks, without the unused ends
};

}  // namespace muster::inline MUSTER_ABI::autodiff::detail
