// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <muster/num/view.hpp>

namespace muster::inline MUSTER_ABI::nn::detail {

/// Owns `size` elements in the memory of a backend, zero at first.
///
/// num::tensor is for the host; parameters, gradients and moments may live on a device, so
/// they are allocated, filled and freed through the backend and never looked into.
template <class T, class Backend>
class block {
 public:
  block() = default;
  block(const Backend& backend, std::size_t size)
      : backend_{backend}, data_{backend.template allocate<T>(size)}, size_{size} {
    if (size_ != 0) backend_.fill(view(), T{0});
  }
  block(block&& other) noexcept
      : backend_{std::move(other.backend_)},
        data_{std::exchange(other.data_, nullptr)},
        size_{std::exchange(other.size_, 0)} {}
  block& operator=(block&& other) noexcept {
    std::swap(backend_, other.backend_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~block() {
    if (data_ != nullptr) backend_.deallocate(data_, size_);
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] num::view<T> view() const noexcept { return {data_, num::shape{size_}}; }

 private:
  Backend backend_{};
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::nn::detail
