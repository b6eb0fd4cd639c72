// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <span>

#include <muster/num/backend.hpp>
#include <muster/num/tensor.hpp>

namespace muster::inline MUSTER_ABI::num::detail {

/// Memory of `reference`: host arrays at 64-byte boundaries, moved by memcpy.
struct reference_memory {
  template <class T>
  [[nodiscard]] T* allocate(std::size_t n) const {
    const std::size_t bytes = (n == 0 ? 1 : n) * sizeof(T);
    return static_cast<T*>(::operator new (bytes, std::align_val_t{array_alignment}));
  }
  template <class T>
  void deallocate(T* p, std::size_t /*n*/) const noexcept {
    if (p != nullptr) ::operator delete (p, std::align_val_t{array_alignment});
  }
  template <class T>
  void upload(std::span<const T> host, view<T> device) const {
    MUSTER_EXPECTS(host.size() == device.size(), "muster: num backend: upload keeps the size");
    if (!host.empty()) std::memmove(device.data(), host.data(), host.size() * sizeof(T));
  }
  template <class T>
  void download(in<T> device, std::span<T> host) const {
    MUSTER_EXPECTS(host.size() == device.size(), "muster: num backend: download keeps the size");
    if (!host.empty()) std::memmove(host.data(), device.data(), host.size() * sizeof(T));
  }
  void synchronise() const noexcept {}

  template <class T>
  void fill(view<T> y, std::type_identity_t<T> value) const {
    for (T& e : y.span()) e = value;
  }
  template <class T>
  void copy(in<T> x, view<T> y) const {
    MUSTER_EXPECTS(x.size() == y.size(), "muster: num backend: copy keeps the size");
    if (x.size() != 0) std::memmove(y.data(), x.data(), x.size() * sizeof(T));
  }
  template <class T>
  void scale(view<T> y, std::type_identity_t<T> a) const {
    for (T& e : y.span()) e *= a;
  }
  /// y += a x
  template <class T>
  void axpy(std::type_identity_t<T> a, in<T> x, view<T> y) const {
    MUSTER_EXPECTS(x.size() == y.size(), "muster: num backend: axpy needs equal sizes");
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += a * x[i];
  }
};

}  // namespace muster::inline MUSTER_ABI::num::detail
