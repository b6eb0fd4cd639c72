// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <muster/num/backend/reference.hpp>

namespace muster_test {

namespace num = muster::num;

/// A device that lives in this process: its pointers are not addresses of the host (touching
/// one stops the program), and operations are queued until somebody waits for a result.
///
/// Each operation is logged by name, translated to real memory when its turn comes, and run
/// by `reference`.
class foreign_backend {
  struct queue {
    std::vector<std::function<void()>> waiting;
    std::vector<std::string> log;
    std::vector<std::function<void()>> owned;  // frees what `keep` took
    std::size_t allocations = 0;
    std::size_t live = 0;
    void run() {
      for (const auto& job : waiting) job();
      waiting.clear();
    }
    ~queue() {
      for (const auto& free : owned) free();
    }
  };

 public:
  static constexpr num::determinism guarantee = num::determinism::bitwise;
  static constexpr bool host_memory = false;

  template <class T>
  [[nodiscard]] T* allocate(std::size_t n) const {
    ++queue_->allocations;
    ++queue_->live;
    return away(host_.allocate<T>(n));
  }
  template <class T>
  void deallocate(T* p, std::size_t n) const {
    if (p == nullptr) return;
    --queue_->live;
    host_.deallocate(home(p), n);
  }
  template <class T>
  void upload(std::span<const T> from, num::view<T> to) const {
    std::vector<T> copy(from.begin(), from.end());
    push("upload", [h = host_, copy, to] { h.upload(std::span<const T>{copy}, home(to)); });
  }
  template <class T>
  void download(num::in<T> from, std::span<T> to) const {
    queue_->log.emplace_back("download");
    queue_->run();
    host_.download(home(from), to);
  }
  void synchronise() const { queue_->run(); }

#define MUSTER_TEST_FOREIGN(operation)                                                \
  template <class... Arguments>                                                       \
  void operation(Arguments... arguments) const {                                      \
    push(#operation, [h = host_, arguments...] { h.operation(home(arguments)...); }); \
  }
  MUSTER_TEST_FOREIGN(fill)
  MUSTER_TEST_FOREIGN(copy)
  MUSTER_TEST_FOREIGN(scale)
  MUSTER_TEST_FOREIGN(axpy)
  MUSTER_TEST_FOREIGN(matmul)
  MUSTER_TEST_FOREIGN(affine)
  MUSTER_TEST_FOREIGN(affine_backward)
  MUSTER_TEST_FOREIGN(apply)
  MUSTER_TEST_FOREIGN(apply_backward)
  MUSTER_TEST_FOREIGN(clip)
  MUSTER_TEST_FOREIGN(clip_backward)
  MUSTER_TEST_FOREIGN(huber)
  MUSTER_TEST_FOREIGN(huber_backward)
  MUSTER_TEST_FOREIGN(reduce)
  MUSTER_TEST_FOREIGN(reduce_backward)
  MUSTER_TEST_FOREIGN(softmax)
  MUSTER_TEST_FOREIGN(softmax_backward)
  MUSTER_TEST_FOREIGN(log_softmax)
  MUSTER_TEST_FOREIGN(log_softmax_backward)
  MUSTER_TEST_FOREIGN(masked_softmax)
  MUSTER_TEST_FOREIGN(masked_log_softmax)
  MUSTER_TEST_FOREIGN(masked_log_softmax_backward)
  MUSTER_TEST_FOREIGN(relu1_l1)
  MUSTER_TEST_FOREIGN(relu1_l1_backward)
  MUSTER_TEST_FOREIGN(pick_columns)
  MUSTER_TEST_FOREIGN(pick_columns_backward)
  MUSTER_TEST_FOREIGN(gather_rows)
  MUSTER_TEST_FOREIGN(gather_rows_backward)
  MUSTER_TEST_FOREIGN(copy_block)
  MUSTER_TEST_FOREIGN(add_rows)
  MUSTER_TEST_FOREIGN(count_rows)
  MUSTER_TEST_FOREIGN(divide_rows)
  MUSTER_TEST_FOREIGN(segment_max)
  MUSTER_TEST_FOREIGN(segment_max_backward)
  MUSTER_TEST_FOREIGN(layer_norm)
  MUSTER_TEST_FOREIGN(layer_norm_backward)
  MUSTER_TEST_FOREIGN(sum_squares)
  MUSTER_TEST_FOREIGN(adam)
  MUSTER_TEST_FOREIGN(sgd)
#undef MUSTER_TEST_FOREIGN

  /// Masks and indices in foreign memory, until the last copy of this backend is gone.
  template <class U>
  [[nodiscard]] num::view<const U> keep(std::span<const U> from, num::shape s) const {
    const num::view<U> to{allocate<U>(from.size()), s};
    queue* const q = queue_.get();
    queue_->owned.push_back([h = host_, to, q] {
      --q->live;
      h.deallocate(home(to.data()), to.size());
    });
    upload(from, to);
    return to;
  }

  [[nodiscard]] const std::vector<std::string>& log() const { return queue_->log; }
  [[nodiscard]] std::size_t waiting() const { return queue_->waiting.size(); }
  [[nodiscard]] std::size_t allocations() const { return queue_->allocations; }
  [[nodiscard]] std::size_t live() const { return queue_->live; }

 private:
  // Bit 62 set: no x86-64 or AArch64 user address, so a stray access faults at once.
  static constexpr std::uintptr_t tag = std::uintptr_t{1} << 62;

  template <class T>
  static T* away(T* p) {
    return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(p) | tag);
  }
  template <class T>
  static T* home(T* p) {
    if (p == nullptr) return p;
    const auto bits = reinterpret_cast<std::uintptr_t>(p);
    if ((bits & tag) == 0) std::abort();  // a host pointer was handed to the device
    return reinterpret_cast<T*>(bits & ~tag);
  }
  template <class T>
  static num::view<T> home(num::view<T> v) {
    return v.empty() ? v : num::view<T>{home(v.data()), v.shape()};
  }
  template <class A>
  requires(!std::is_pointer_v<A>) static A home(A number) { return number; }
  template <class Job>
  void push(const char* name, Job job) const {
    queue_->log.emplace_back(name);
    queue_->waiting.emplace_back(std::move(job));
  }

  num::reference host_;
  std::shared_ptr<queue> queue_ = std::make_shared<queue>();
};

static_assert(num::backend<foreign_backend, double>);

}  // namespace muster_test
