// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI {

/// A fixed set of threads that share the indices of a loop.
///
///     muster::thread_pool pool{4};
///     pool.for_each(agents.size(), [&](std::size_t i) { agents[i].train(streams[i]); });
///
/// Determinism  every index runs exactly once, which thread takes it is left to chance. So f(i)
///              must depend on i alone and write only what belongs to i (a slot of a vector, a
///              generator from `rng::fork(i)`); add results up afterwards, in order. Then the
///              result is the same for every number of threads, one included.
/// Threads      the caller works too: a pool of n starts n - 1 threads, a pool of 1 none. Between
///              loops they sleep.
/// Nesting      a loop started while the pool is busy (from within f, directly or through another
///              pool, or by a second thread) runs whole on the thread that asked: never a
///              deadlock, never more threads than the pool has.
/// Errors       f must not throw: there is no one order in which to report what several threads
///              threw, so it ends the program. Destroying a pool waits for its threads.
/// Cost         for_each does not allocate; waking sleepers takes some tens of microseconds, so
///              give it loops worth more than that.
class thread_pool {
 public:
  /// `threads` counts the caller; 0 means as many as the machine runs at once.
  explicit thread_pool(std::size_t threads = 0) {
    if (threads == 0) threads = std::thread::hardware_concurrency();
    if (threads == 0) threads = 1;
    workers_.reserve(threads - 1);
    for (std::size_t i = 1; i < threads; ++i) workers_.emplace_back([this] { serve(); });
  }
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;

  ~thread_pool() {
    MUSTER_EXPECTS(!busy_.test(std::memory_order_acquire),
                   "muster: thread_pool is destroyed inside its own for_each; let the loop end");
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  /// How many threads work on a loop, the caller included.
  [[nodiscard]] std::size_t size() const noexcept { return workers_.size() + 1; }

  /// Calls f(0), ..., f(n - 1), each once, and returns when all are done. What f wrote is then
  /// visible to the caller.
  template <class F>
  void for_each(std::size_t n, F&& f) noexcept {
    if (n < 2 || workers_.empty() || busy_.test_and_set(std::memory_order_acquire)) {
      for (std::size_t i = 0; i < n; ++i) f(i);
      return;
    }
    using callable = std::remove_reference_t<F>;
    task now{[](const void* context, std::size_t first, std::size_t last) {
               auto& call = *const_cast<callable*>(static_cast<const callable*>(context));
               for (std::size_t i = first; i < last; ++i) call(i);
             },
             std::addressof(f), n, n / (8 * size()) + 1};
    {
      const std::lock_guard lock{mutex_};
      task_ = now;
      next_.store(0, std::memory_order_relaxed);
      ++loop_;
      open_ = true;
    }
    wake_.notify_all();
    work(now);
    {
      // All indices are taken. Threads that slept through the loop are no longer let in; those
      // that are in still run f, which lives on this stack, so wait for them.
      std::unique_lock lock{mutex_};
      open_ = false;
      idle_.wait(lock, [this] { return active_ == 0; });
    }
    busy_.clear(std::memory_order_release);
  }

 private:
  struct task {
    void (*run)(const void* context, std::size_t first, std::size_t last) = nullptr;
    const void* context = nullptr;
    std::size_t count = 0;
    std::size_t share = 1;  // indices taken at a time: few enough takes, even enough ends
  };

  void work(const task& t) noexcept {
    for (;;) {
      const std::size_t first = next_.fetch_add(t.share, std::memory_order_relaxed);
      if (first >= t.count) return;
      t.run(t.context, first, t.count - first < t.share ? t.count : first + t.share);
    }
  }

  void serve() noexcept {
    std::size_t seen = 0;
    std::unique_lock lock{mutex_};
    for (;;) {
      wake_.wait(lock, [&] { return stopping_ || (open_ && loop_ != seen); });
      if (stopping_) return;
      seen = loop_;
      const task now = task_;
      ++active_;
      lock.unlock();
      work(now);
      lock.lock();
      if (--active_ == 0) idle_.notify_one();
    }
  }

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;  // a loop is open, or the end has come
  std::condition_variable idle_;  // no worker is inside a loop
  std::atomic_flag busy_;         // a for_each has the workers
  std::atomic<std::size_t> next_{0};
  task task_;               // from here on under mutex_
  std::size_t loop_ = 0;    // number of the loop that task_ belongs to
  std::size_t active_ = 0;  // workers inside it
  bool open_ = false;       // whether more may enter
  bool stopping_ = false;
};

}  // namespace muster::inline MUSTER_ABI
