// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <muster/num/view.hpp>

namespace muster::inline MUSTER_ABI::rl::detail {

/// Memory of a backend that the host fills row by row: grows, never shrinks.
///
/// Where the host can write the backend's memory, it does, and `commit` costs nothing; else
/// the host writes a shadow that `commit` uploads.
template <class T, class Backend>
class staging {
 public:
  staging() = default;
  explicit staging(Backend backend) : backend_{std::move(backend)} {}
  staging(staging&& other) noexcept
      : backend_{std::move(other.backend_)},
        shadow_{std::move(other.shadow_)},
        data_{std::exchange(other.data_, nullptr)},
        capacity_{std::exchange(other.capacity_, 0)} {}
  staging& operator=(staging&& other) noexcept {
    std::swap(backend_, other.backend_);
    std::swap(shadow_, other.shadow_);
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~staging() { release(); }

  /// Room for at least n elements; the content is lost when it has to grow.
  void reserve(std::size_t n) {
    if (n <= capacity_) return;
    release();
    data_ = backend_.template allocate<T>(n);
    capacity_ = n;
    if constexpr (!Backend::host_memory) shadow_.resize(n);
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  /// What the host writes.
  [[nodiscard]] std::span<T> host() noexcept {
    if constexpr (Backend::host_memory) {
      return {data_, capacity_};
    } else {
      return shadow_;
    }
  }
  /// The first elements as the backend sees them, without waiting for the host's.
  [[nodiscard]] num::view<T> device(num::shape s) const noexcept { return {data_, s}; }
  [[nodiscard]] std::span<T> workspace() const noexcept { return {data_, capacity_}; }
  /// Makes what the host wrote visible to the backend.
  [[nodiscard]] num::view<const T> commit(num::shape s) {
    if constexpr (!Backend::host_memory) {
      backend_.upload(std::span<const T>{shadow_}.first(s.size()), num::view<T>{data_, s});
    }
    return {data_, s};
  }

 private:
  void release() noexcept {
    if (data_ != nullptr) backend_.deallocate(data_, capacity_);
    data_ = nullptr;
    capacity_ = 0;
  }

  Backend backend_{};
  std::vector<T> shadow_;
  T* data_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::rl::detail
