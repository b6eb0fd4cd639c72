// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace cli {

/// Calls f(0) .. f(n - 1), up to `threads` at a time, each index once, in order of start.
/// f must not throw. What f writes must depend on its index only, never on the thread.
template <class F>
void parallel(std::size_t n, std::size_t threads, F&& f) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next.fetch_add(1); i < n; i = next.fetch_add(1)) f(i);
  };
  std::vector<std::thread> others;
  for (std::size_t t = 1; t < std::min(n, threads); ++t) others.emplace_back(work);
  work();
  for (std::thread& t : others) t.join();
}

}  // namespace cli
