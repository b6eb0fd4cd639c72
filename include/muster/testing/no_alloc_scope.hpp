// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include <muster/core/contracts.hpp>

namespace muster::inline MUSTER_ABI::testing {

namespace detail {
inline thread_local constinit std::uint64_t allocations_here = 0;
inline constinit std::atomic<std::uint64_t> allocations_anywhere{0};

inline void count_allocation() noexcept {
  ++allocations_here;
  allocations_anywhere.fetch_add(1, std::memory_order_relaxed);
}

inline void* counted_allocation(std::size_t bytes, std::size_t alignment) noexcept {
  count_allocation();
  if (bytes == 0) bytes = 1;
  if (alignment <= alignof(std::max_align_t)) return std::malloc(bytes);
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}
}  // namespace detail

/// Counts the calls of `operator new` while it lives: proof that a hot path does not allocate.
///
///     #define MUSTER_TESTING_COUNT_ALLOCATIONS   // before the include, in a file of the test
///     #include <muster/testing/no_alloc_scope.hpp>
///     ...
///     muster::testing::no_alloc_scope scope;
///     policy.act(observation, generator);
///     CHECK(scope.allocations() == 0);
///
/// Idea        the macro replaces the global operators new and delete, which a program may
///             do. The replacements are weak symbols, so several files of one program may
///             define the macro.
/// Limits      `malloc` called directly is seen only under a sanitizer. Take the count into a
/// variable before
///             handing it to an assertion that itself allocates.
/// Guarantee   a program in which the replacement is not active stops at the constructor:
///             a count that is always zero proves nothing.
class no_alloc_scope {
 public:
  no_alloc_scope() {
    MUSTER_EXPECTS(is_counting(),
                   "muster: no_alloc_scope does not see operator new; write #define "
                   "MUSTER_TESTING_COUNT_ALLOCATIONS before the include in one file of the test");
    here_ = detail::allocations_here;
    anywhere_ = detail::allocations_anywhere.load(std::memory_order_relaxed);
  }
  no_alloc_scope(const no_alloc_scope&) = delete;
  no_alloc_scope& operator=(const no_alloc_scope&) = delete;

  /// Calls of operator new by this thread since construction.
  [[nodiscard]] std::uint64_t allocations() const noexcept {
    return detail::allocations_here - here_;
  }
  /// Calls by all threads since construction, for code that runs on a pool.
  [[nodiscard]] std::uint64_t allocations_by_all_threads() const noexcept {
    return detail::allocations_anywhere.load(std::memory_order_relaxed) - anywhere_;
  }
  /// Whether operator new is really the counting one.
  [[nodiscard]] static bool is_counting() {
    const auto before = detail::allocations_here;
    ::operator delete(::operator new(1));  // a plain call: the compiler may not remove it
    return detail::allocations_here != before;
  }

 private:
  std::uint64_t here_ = 0;
  std::uint64_t anywhere_ = 0;
};

}  // namespace muster::inline MUSTER_ABI::testing

#ifdef MUSTER_TESTING_COUNT_ALLOCATIONS

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MUSTER_TESTING_ALLOCATION_HOOKS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MUSTER_TESTING_ALLOCATION_HOOKS
#endif
#endif

#ifdef MUSTER_TESTING_ALLOCATION_HOOKS

// The sanitizers bring operators of their own, with checks worth keeping; they report every
// allocation to a hook instead. (It sees malloc as well, so the count is the stricter one.)
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_allocation)(const volatile void*,
                                                                               std::size_t),
                                                         void (*on_release)(const volatile void*));

namespace muster::inline MUSTER_ABI::testing::detail {
inline const int allocation_hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t) { count_allocation(); }, [](const volatile void*) {});
}  // namespace muster::inline MUSTER_ABI::testing::detail

#else

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"  // both sides are ours: malloc and free
#endif

// Out of memory is fatal here: a test has nothing better to do, and this way the operators
// also compile without exceptions.
[[gnu::weak]] void* operator new(std::size_t n) {
  if (void* p = muster::testing::detail::counted_allocation(n, 1)) return p;
  std::abort();
}
[[gnu::weak]] void* operator new[](std::size_t n) { return ::operator new(n); }
[[gnu::weak]] void* operator new(std::size_t n, std::align_val_t a) {
  if (void* p = muster::testing::detail::counted_allocation(n, static_cast<std::size_t>(a))) {
    return p;
  }
  std::abort();
}
[[gnu::weak]] void* operator new[](std::size_t n, std::align_val_t a) {
  return ::operator new(n, a);
}
[[gnu::weak]] void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  return muster::testing::detail::counted_allocation(n, 1);
}
[[gnu::weak]] void* operator new[](std::size_t n, const std::nothrow_t&) noexcept {
  return muster::testing::detail::counted_allocation(n, 1);
}
[[gnu::weak]] void* operator new(std::size_t n, std::align_val_t a,
                                 const std::nothrow_t&) noexcept {
  return muster::testing::detail::counted_allocation(n, static_cast<std::size_t>(a));
}
[[gnu::weak]] void* operator new[](std::size_t n, std::align_val_t a,
                                   const std::nothrow_t&) noexcept {
  return muster::testing::detail::counted_allocation(n, static_cast<std::size_t>(a));
}
[[gnu::weak]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::weak]] void operator delete[](void* p) noexcept { std::free(p); }
[[gnu::weak]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::weak]] void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
[[gnu::weak]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::weak]] void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::weak]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}
[[gnu::weak]] void operator delete[](void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}
[[gnu::weak]] void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
[[gnu::weak]] void operator delete[](void* p, const std::nothrow_t&) noexcept { std::free(p); }
[[gnu::weak]] void operator delete(void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(p);
}
[[gnu::weak]] void operator delete[](void* p, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(p);
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#endif  // MUSTER_TESTING_ALLOCATION_HOOKS
#endif  // MUSTER_TESTING_COUNT_ALLOCATIONS
