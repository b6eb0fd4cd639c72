// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include <muster/num/view.hpp>

namespace muster::inline MUSTER_ABI::num {

/// Memory for arrays starts at a cache line, which is also the widest vector register.
inline constexpr std::size_t array_alignment = 64;

/// Owns a row-major host array that starts at a 64-byte boundary, filled with zeros.
///
/// Moves are cheap and leave an empty tensor behind; copies are spelled `clone()`, because a
/// copy of an array is never an accident worth having.
/// Cost    one allocation in the constructor and in `clone`, none elsewhere.
template <class T>
class tensor {
  static_assert(std::is_trivially_copyable_v<T>,
                "muster: num::tensor keeps plain numbers; use a vector for other types");

 public:
  using value_type = T;

  constexpr tensor() noexcept = default;
  explicit tensor(num::shape s) : view_{make(s.size()), s} { fill(T{}); }
  tensor(num::shape s, T value) : view_{make(s.size()), s} { fill(value); }
  tensor(tensor&& other) noexcept : view_{std::exchange(other.view_, {})} {}
  tensor& operator=(tensor&& other) noexcept {
    std::swap(view_, other.view_);
    return *this;
  }
  tensor(const tensor&) = delete;
  tensor& operator=(const tensor&) = delete;
  ~tensor() {
    if (view_.data() != nullptr)
      ::operator delete (view_.data(), std::align_val_t{array_alignment});
  }

  /// A tensor of its own with the same elements.
  [[nodiscard]] tensor clone() const {
    tensor copy;
    if (view_.empty()) return copy;
    copy.view_ = num::view<T>{make(size()), shape()};
    if (size() != 0) std::memcpy(copy.data(), data(), size() * sizeof(T));
    return copy;
  }
  void fill(T value) noexcept {
    for (T& x : span()) x = value;
  }

  [[nodiscard]] num::view<T> view() noexcept { return view_; }
  [[nodiscard]] num::view<const T> view() const noexcept { return view_; }
  [[nodiscard]] std::span<T> span() noexcept { return view_.span(); }
  [[nodiscard]] std::span<const T> span() const noexcept { return {data(), size()}; }
  [[nodiscard]] T* data() noexcept { return view_.data(); }
  [[nodiscard]] const T* data() const noexcept { return view_.data(); }
  [[nodiscard]] const num::shape& shape() const noexcept { return view_.shape(); }
  [[nodiscard]] std::size_t size() const noexcept { return view_.size(); }
  [[nodiscard]] bool empty() const noexcept { return view_.empty(); }
  [[nodiscard]] T& operator[](std::size_t i) noexcept { return view_[i]; }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return view_[i]; }
  [[nodiscard]] T& operator()(std::size_t i, std::size_t j) noexcept { return view_(i, j); }
  [[nodiscard]] const T& operator()(std::size_t i, std::size_t j) const noexcept {
    return view_(i, j);
  }

 private:
  static T* make(std::size_t n) {
    // At least one element, so that a tensor of zero rows differs from an empty view.
    const std::size_t bytes = (n == 0 ? 1 : n) * sizeof(T);
    return static_cast<T*>(::operator new (bytes, std::align_val_t{array_alignment}));
  }

  num::view<T> view_;
};

}  // namespace muster::inline MUSTER_ABI::num
