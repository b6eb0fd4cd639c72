// SPDX-License-Identifier: Apache-2.0
// A backend whose memory the host cannot touch, as a device's: its pointers lead to pages
// without access, and only its operations know where the numbers really are. Code that looks
// into an array, or hands host memory to an operation, dies at once.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <muster/num/backend/reference.hpp>
#include <span>
#include <utility>

namespace testing_support {

class far_backend {
 public:
  static constexpr auto guarantee = muster::num::determinism::bitwise;
  static constexpr bool host_memory = false;

  template <class T>
  T* allocate(std::size_t n) const {
    const std::size_t bytes = (n * sizeof(T) + 127) / 64 * 64;
    memory& m = where();
    if (m.used + bytes > m.size) die("out of far memory");
    return reinterpret_cast<T*>(m.far + std::exchange(m.used, m.used + bytes));
  }
  template <class T>
  void deallocate(T*, std::size_t) const {}

  template <class T>
  void upload(std::span<const T> host, muster::num::view<T> device) const {
    real.upload(host, near(device));
  }
  template <class T>
  void download(muster::num::in<T> device, std::span<T> host) const {
    real.download(near(device), host);
  }
  void synchronise() const {}

#define MUSTER_FAR(operation)                    \
  template <class... Arguments>                  \
  void operation(Arguments... arguments) const { \
    real.operation(near(arguments)...);          \
  }
  MUSTER_FAR(copy)
  MUSTER_FAR(matmul)
  MUSTER_FAR(affine)
  MUSTER_FAR(affine_backward)
  MUSTER_FAR(apply)
  MUSTER_FAR(apply_backward)
  MUSTER_FAR(clip)
  MUSTER_FAR(clip_backward)
  MUSTER_FAR(huber)
  MUSTER_FAR(huber_backward)
  MUSTER_FAR(reduce)
  MUSTER_FAR(reduce_backward)
  MUSTER_FAR(softmax)
  MUSTER_FAR(softmax_backward)
  MUSTER_FAR(log_softmax)
  MUSTER_FAR(log_softmax_backward)
  MUSTER_FAR(layer_norm)
  MUSTER_FAR(layer_norm_backward)
  MUSTER_FAR(sum_squares)
  MUSTER_FAR(sgd)
#undef MUSTER_FAR
  // Arguments that a list in braces or a literal may stand for keep their types.
  template <class T>
  void fill(muster::num::view<T> y, T value) const {
    real.fill(near(y), value);
  }
  template <class T>
  void scale(muster::num::view<T> y, T value) const {
    real.scale(near(y), value);
  }
  template <class T>
  void axpy(T a, muster::num::in<T> x, muster::num::view<T> y) const {
    real.axpy(a, near(x), near(y));
  }
  template <class T>
  void adam(muster::num::view<T> p, muster::num::in<T> g, muster::num::view<T> m,
            muster::num::view<T> v, muster::num::adam_step<T> s) const {
    real.adam(near(p), near(g), near(m), near(v), s);
  }

 private:
  struct memory {
    std::size_t size = std::size_t{64} << 20;
    std::size_t used = 0;
    std::byte* far = map(PROT_NONE);
    std::byte* real = map(PROT_READ | PROT_WRITE);
    std::byte* map(int access) const {
      void* const p = ::mmap(nullptr, size, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (p == MAP_FAILED) die("no far memory");
      return static_cast<std::byte*>(p);
    }
  };
  static memory& where() {
    static memory m;
    return m;
  }
  [[noreturn]] static void die(const char* why) {
    std::fprintf(stderr, "far_backend: %s\n", why);
    std::abort();
  }

  template <class Other>
  static Other near(Other x) {
    return x;  // numbers and enumerations
  }
  template <class T>
  static muster::num::view<T> near(muster::num::view<T> v) {
    if (v.empty()) return v;
    const memory& m = where();
    auto* const p = reinterpret_cast<const std::byte*>(v.data());
    if (p < m.far || p >= m.far + m.size) die("an operation got host memory");
    return {reinterpret_cast<T*>(m.real + (p - m.far)), v.shape()};
  }

  [[no_unique_address]] muster::num::reference real;
};

}  // namespace testing_support
