// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>

namespace muster::inline MUSTER_ABI::federated::detail {

/// Memory that is kept between rounds and only grows, at a multiple of 64 bytes. What is in it is
/// whatever was: pages that no round writes are never touched, so room for the worst case costs
/// addresses alone.
template <class T>
class scratch {
  static_assert(std::is_trivial_v<T>);

 public:
  [[nodiscard]] std::span<T> take(std::size_t n) {
    if (n > size_ || data_ == nullptr) {  // nothing is left after a move
      data_.reset();
      data_.reset(static_cast<T*>(::operator new(n * sizeof(T), alignment)));
      size_ = n;
    }
    return {data_.get(), n};
  }
  /// All of it, as it was left.
  [[nodiscard]] std::span<const T> view() const noexcept { return {data_.get(), size_}; }

 private:
  static constexpr std::align_val_t alignment{64};
  struct release {
    void operator()(T* p) const noexcept { ::operator delete(p, alignment); }
  };
  std::unique_ptr<T, release> data_;
  std::size_t size_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::federated::detail
