// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/testing/no_alloc_scope.hpp>

#include <muster/core/thread_pool.hpp>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include <muster/core/distributions.hpp>
#include <muster/core/rng.hpp>

#include "support/catch.hpp"
#include "support/contract.hpp"

using muster::rng, muster::thread_pool;

TEST_CASE("every index runs once, for any number of threads", "[core][thread_pool]") {
  for (const std::size_t threads : {1U, 2U, 3U, 8U}) {
    thread_pool pool{threads};
    CHECK(pool.size() == threads);
    for (const std::size_t n : {0U, 1U, 2U, 3U, 7U, 64U, 1000U}) {
      std::vector<std::atomic<int>> calls(n);
      pool.for_each(n, [&](std::size_t i) { calls[i].fetch_add(1); });
      std::size_t good = 0;
      for (const auto& c : calls) good += c.load() == 1;
      CHECK(good == n);
    }
  }
}

TEST_CASE("results do not depend on the number of threads", "[core][thread_pool]") {
  const auto run = [](std::size_t threads) {
    thread_pool pool{threads};
    const rng root{5};
    std::vector<double> out(200);
    for (int round = 0; round < 5; ++round) {
      pool.for_each(out.size(), [&](std::size_t i) {
        rng g = root.fork(i);
        for (std::size_t k = 0; k < i % 17 * 20; ++k) out[i] += muster::normal{}(g);
      });
    }
    return out;
  };
  const auto expected = run(1);
  for (const std::size_t threads : {2U, 3U, 5U}) CHECK(run(threads) == expected);
}

TEST_CASE("what the loop wrote is visible after it", "[core][thread_pool]") {
  thread_pool pool{4};
  std::vector<std::uint64_t> plain(64);  // not atomic: the pool must order the accesses
  for (int round = 0; round < 2000; ++round) {
    pool.for_each(plain.size(), [&](std::size_t i) { plain[i] += i; });
  }
  for (std::size_t i = 0; i < plain.size(); ++i) CHECK(plain[i] == 2000 * i);
}

TEST_CASE("several threads really take part", "[core][thread_pool]") {
  thread_pool pool{2};
  std::atomic<int> inside{0};
  std::vector<std::thread::id> who(2);
  // Each waits for the other, so this only ends if two threads run it. A worker that misses a
  // loop would hang here; a caller that does not work, too.
  pool.for_each(2, [&](std::size_t i) {
    who[i] = std::this_thread::get_id();
    inside.fetch_add(1);
    while (inside.load() < 2) std::this_thread::yield();
  });
  CHECK(who[0] != who[1]);
  CHECK((who[0] == std::this_thread::get_id() || who[1] == std::this_thread::get_id()));
}

TEST_CASE("a nested loop runs on the thread that asked", "[core][thread_pool]") {
  thread_pool pool{3};
  thread_pool other{2};
  std::vector<std::vector<int>> grid(20, std::vector<int>(10));
  std::vector<int> strayed(20), circled(20);
  pool.for_each(grid.size(), [&](std::size_t i) {
    const auto me = std::this_thread::get_id();
    pool.for_each(grid[i].size(), [&](std::size_t k) {
      strayed[i] += std::this_thread::get_id() != me;
      ++grid[i][k];
    });
    // Round through another pool and back: this is where a lock would wait for itself.
    std::atomic<int> count{0};
    other.for_each(2, [&](std::size_t) { pool.for_each(3, [&](std::size_t) { ++count; }); });
    circled[i] = count.load();
  });
  for (std::size_t i = 0; i < grid.size(); ++i) {
    CHECK(strayed[i] == 0);
    CHECK(circled[i] == 6);
    CHECK(grid[i] == std::vector<int>(10, 1));
  }
}

TEST_CASE("two callers may use one pool at once", "[core][thread_pool]") {
  thread_pool pool{2};
  std::vector<int> a(500), b(500);
  std::thread second{[&] {
    for (int r = 0; r < 50; ++r) pool.for_each(b.size(), [&](std::size_t i) { ++b[i]; });
  }};
  for (int r = 0; r < 50; ++r) pool.for_each(a.size(), [&](std::size_t i) { ++a[i]; });
  second.join();
  CHECK(a == std::vector<int>(500, 50));
  CHECK(b == std::vector<int>(500, 50));
}

TEST_CASE("a pool may be made and destroyed unused", "[core][thread_pool]") {
  for (int i = 0; i < 50; ++i) thread_pool pool{4};
  CHECK(thread_pool{}.size() >= 1);
  CHECK(thread_pool{1}.size() == 1);
}

TEST_CASE("a loop takes callables as they are", "[core][thread_pool]") {
  struct counter {
    std::atomic<std::size_t> total{0};
    void operator()(std::size_t i) { total += i; }
  } named;
  thread_pool pool{2};
  pool.for_each(100, named);
  CHECK(named.total == 4950);
  const auto constant = [&](std::size_t i) { named.total += i; };
  pool.for_each(100, constant);
  CHECK(named.total == 9900);
}

TEST_CASE("a loop does not allocate", "[core][thread_pool]") {
  thread_pool pool{3};
  std::vector<int> x(100);
  pool.for_each(x.size(), [&](std::size_t i) { ++x[i]; });
  std::uint64_t count = 0;
  {
    muster::testing::no_alloc_scope scope;
    for (int r = 0; r < 20; ++r) pool.for_each(x.size(), [&](std::size_t i) { ++x[i]; });
    count = scope.allocations_by_all_threads();
  }
  CHECK(count == 0);
}

TEST_CASE("a callable that throws ends the program", "[core][thread_pool]") {
  CHECK_FALSE(support::broken_contract([] {
                thread_pool pool{1};
                pool.for_each(2, [](std::size_t) { throw 1; });
              }).empty());
}
