// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::rl {

/// Two buffers between one thread that collects and one that learns.
///
/// Idea      the collector fills one buffer while the learner reads the other; at the end of an
///           episode they are exchanged. Nobody copies, and nobody ever touches a buffer that
///           the other one holds.
/// Source    KMPS IV-A, "dual-buffer asynchronous training". There the writer switches also
///           while the trainer still reads; here the exchange happens only when the learner
///           has released its buffer. Until then the collector keeps writing into its own:
///           it never waits, and no sample is lost or read twice.
/// Wakes     one atomic word says who holds what; each side sleeps on it (std::atomic::wait).
/// Use       collector: fill `writing()`, `publish()` at the end of an episode, `close()` at the
///           very end.  learner: `while (auto* b = wait()) { learn(*b); b->clear(); release(); }`
/// Cost      one atomic operation per call; the learner sleeps while there is nothing to do.
/// Determinism    which episodes share a buffer depends on timing. Runs that must repeat
///           exactly collect and learn in turn instead.
template <class Buffer>
class double_buffer {
 public:
  double_buffer(Buffer first, Buffer second) : buffers_{std::move(first), std::move(second)} {}
  double_buffer(const double_buffer&) = delete;
  double_buffer& operator=(const double_buffer&) = delete;

  // ---- the collecting thread ----------------------------------------------------------------

  [[nodiscard]] Buffer& writing() noexcept { return buffers_[writing_]; }
  /// Hands the written buffer to the learner and takes the other one; false, and no change, if
  /// the learner still holds that. Never waits.
  bool publish() noexcept {
    if (state_.load(std::memory_order_acquire) != 0) return false;
    writing_ = 1 - writing_;
    state_.fetch_or(full, std::memory_order_release);
    state_.notify_one();
    return true;
  }
  /// The buffer that `publish` would take, for a look while the learner holds none.
  [[nodiscard]] Buffer& resting() noexcept {
    MUSTER_EXPECTS((state_.load(std::memory_order_acquire) & full) == 0,
                   "muster: rl::double_buffer::resting while the learner reads; call "
                   "wait_released() first");
    return buffers_[1 - writing_];
  }
  /// Sleeps until the learner holds no buffer: for who wants to meet it, or to look at it.
  void wait_released() const noexcept {
    for (;;) {
      const std::uint32_t now = state_.load(std::memory_order_acquire);
      if ((now & full) == 0) return;
      state_.wait(now, std::memory_order_acquire);
    }
  }
  /// No more will come. What was published before is still handed out.
  void close() noexcept {
    state_.fetch_or(closed, std::memory_order_release);
    state_.notify_one();
  }

  // ---- the learning thread ------------------------------------------------------------------

  /// Sleeps until a buffer is published; nullptr once the collector has closed.
  [[nodiscard]] Buffer* wait() noexcept {
    for (;;) {
      const std::uint32_t now = state_.load(std::memory_order_acquire);
      // The collector does not change `writing_` while `full` is set.
      if ((now & full) != 0) return &buffers_[1 - writing_];
      if ((now & closed) != 0) return nullptr;
      state_.wait(now, std::memory_order_acquire);
    }
  }
  /// Gives the buffer of the last `wait` back, emptied, for the collector's next exchange.
  void release() noexcept {
    MUSTER_EXPECTS((state_.load(std::memory_order_relaxed) & full) != 0,
                   "muster: rl::double_buffer::release without a buffer; call wait() first");
    state_.fetch_and(~full, std::memory_order_release);
    state_.notify_one();
  }

 private:
  static constexpr std::uint32_t full = 1;
  static constexpr std::uint32_t closed = 2;

  std::array<Buffer, 2> buffers_;
  std::size_t writing_ = 0;  // written by the collector, and only while `full` is not set
  std::atomic<std::uint32_t> state_{0};
};

}  // namespace muster::inline MUSTER_ABI::rl
