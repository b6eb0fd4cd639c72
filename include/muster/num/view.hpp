// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include <muster/num/shape.hpp>

namespace muster::inline MUSTER_ABI::num {

/// A borrowed, contiguous, row-major array: a pointer and a shape.
///
/// The pointer may belong to a device: shapes, sub-views and comparison with an empty view
/// are always allowed, while element access and `span()` are for memory the host can read.
/// An empty view (`view<T>{}`, null pointer) means "not wanted" in backend calls.
template <class T>
class view {
 public:
  using element_type = T;
  using value_type = std::remove_const_t<T>;

  constexpr view() noexcept : shape_{0} {}
  constexpr view(T* data, shape s) noexcept : data_{data}, shape_{s} {}
  constexpr view(std::span<T> s) noexcept : data_{s.data()}, shape_{s.size()} {}  // NOLINT implicit
  /// view<T> converts to view<const T>.
  template <class U>
  requires(std::is_const_v<T>&& std::is_same_v<U, value_type>) constexpr view(
      view<U> other) noexcept  // NOLINT implicit
      : data_{other.data()}, shape_{other.shape()} {}

  [[nodiscard]] constexpr T* data() const noexcept { return data_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return data_ == nullptr; }
  [[nodiscard]] constexpr const num::shape& shape() const noexcept { return shape_; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return shape_.size(); }
  [[nodiscard]] constexpr std::size_t rank() const noexcept { return shape_.rank(); }
  [[nodiscard]] constexpr std::size_t rows() const noexcept { return shape_.rows(); }
  [[nodiscard]] constexpr std::size_t columns() const noexcept { return shape_.columns(); }

  /// The same elements under another shape of equal size.
  [[nodiscard]] constexpr view reshaped(num::shape s) const {
    MUSTER_EXPECTS(s.size() == size(), "muster: num::view::reshaped keeps the number of elements");
    return {data_, s};
  }
  /// `count` entries of the first axis from `first` on.
  [[nodiscard]] constexpr view slice(std::size_t first, std::size_t count) const {
    MUSTER_EXPECTS(rank() > 0 && first + count <= shape_[0],
                   "muster: num::view::slice is out of range of the first axis");
    const std::size_t stride = shape_[0] == 0 ? 0 : size() / shape_[0];
    num::shape s = shape_;
    s.set(0, count);
    return {data_ + first * stride, s};
  }

  // Host memory only from here on.
  [[nodiscard]] constexpr std::span<T> span() const noexcept { return {data_, size()}; }
  [[nodiscard]] constexpr T& operator[](std::size_t i) const noexcept { return data_[i]; }
  [[nodiscard]] constexpr T& operator()(std::size_t i, std::size_t j) const noexcept {
    return data_[i * shape_.columns() + j];
  }
  [[nodiscard]] constexpr std::span<T> row(std::size_t i) const noexcept {
    return {data_ + i * shape_.columns(), shape_.columns()};
  }

 private:
  T* data_ = nullptr;
  num::shape shape_;
};

template <class T>
view(T*, shape) -> view<T>;

}  // namespace muster::inline MUSTER_ABI::num
