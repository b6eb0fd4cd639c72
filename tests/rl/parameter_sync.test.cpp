// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <muster/core/rng.hpp>
#include <muster/nn/init.hpp>
#include <muster/rl/actor.hpp>
#include <muster/rl/parameter_sync.hpp>
#include <muster/testing/no_alloc_scope.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/contract.hpp"

using muster::rl::parameter_stamp, muster::rl::parameter_sync;

TEST_CASE("who fetches gets the newest set, once", "[rl][parameter_sync]") {
  parameter_sync<float> sync{{.size = 3, .readers = 2}};
  std::vector<float> mine{-1.0F, -1.0F, -1.0F};
  parameter_stamp held = sync.fetch(mine, {});
  CHECK(held == parameter_stamp{});  // nothing published: nothing taken
  CHECK(mine[0] == -1.0F);

  CHECK(sync.publish(std::vector{1.0F, 2.0F, 3.0F}, 4));
  held = sync.fetch(mine, held);
  CHECK(held.version == 4);
  CHECK(mine == std::vector{1.0F, 2.0F, 3.0F});
  CHECK(sync.latest() == held);

  mine[0] = 9.0F;  // not newer than what we have: left alone
  CHECK(sync.fetch(mine, held) == held);
  CHECK(mine[0] == 9.0F);

  for (std::uint64_t v = 5; v < 20; ++v) {
    CHECK(sync.publish(std::vector{static_cast<float>(v), 0.0F, 0.0F}, v));
  }
  held = sync.fetch(mine, held);
  CHECK(held.version == 19);
  CHECK(mine == std::vector{19.0F, 0.0F, 0.0F});
}

TEST_CASE("all who hold one version hold the same bytes", "[rl][parameter_sync]") {
  using actor = muster::rl::actor<>;
  actor::config c;
  c.network.in = 5;
  c.network.out = 3;
  c.network.hidden = {8};
  actor learner{c}, one{c}, two{c};
  muster::rng g{1};
  for (actor* a : {&learner, &one, &two}) {
    a->initialise(muster::nn::orthogonal{}, muster::nn::orthogonal{}, g);
  }
  parameter_sync<float> sync{{.size = learner.store().values().size(), .readers = 1}};
  REQUIRE(sync.publish(learner.store(), 1));
  const parameter_stamp a = sync.fetch(one.store(), {});
  const parameter_stamp b = sync.fetch(two.store(), {});
  CHECK(a == b);
  CHECK(a.hash != 0);
  const auto of = [](actor& x) { return x.store().values().span(); };
  CHECK(std::equal(of(one).begin(), of(one).end(), of(learner).begin()));
  CHECK(std::equal(of(two).begin(), of(two).end(), of(learner).begin()));
  // Another set, another hash.
  learner.store().values()[0] += 1.0F;
  REQUIRE(sync.publish(learner.store(), 2));
  CHECK(sync.latest().hash != a.hash);
}

TEST_CASE("fetching and publishing do not allocate", "[rl][parameter_sync]") {
  parameter_sync<float> sync{{.size = 100, .readers = 1}};
  std::vector<float> x(100, 1.0F);
  muster::testing::no_alloc_scope none;
  for (std::uint64_t v = 1; v < 10; ++v) {
    sync.publish(std::span<const float>{x}, v);
    static_cast<void>(sync.fetch(x, {}));
  }
  CHECK(none.allocations() == 0);
}

TEST_CASE("access points never see a mixture, and none is more than an episode behind",
          "[rl][parameter_sync][threads]") {
  constexpr std::size_t readers = 3;
  constexpr std::size_t size = 512;
  parameter_sync<float> sync{{.size = size, .readers = readers}};
  // In version v every number is v, so a mixture shows.
  std::vector<float> set(size);
  const auto publish = [&](std::uint64_t v) {
    std::fill(set.begin(), set.end(), static_cast<float>(v));
    return sync.publish(std::span<const float>{set}, v);
  };
  REQUIRE(publish(1));
  std::atomic<std::uint64_t> published{1};
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> mixed{0}, behind{0}, backwards{0}, fetched{0};
  std::vector<std::thread> points;
  for (std::size_t r = 0; r < readers; ++r) {
    points.emplace_back([&] {
      std::vector<float> mine(size);
      parameter_stamp held;
      while (!over.load()) {
        // An episode begins: whatever was published before must be what is acted with.
        const std::uint64_t before = published.load();
        const parameter_stamp now = sync.fetch(std::span<float>{mine}, held);
        if (now.version < before) ++behind;
        if (now.version < held.version) ++backwards;
        held = now;
        for (const float x : mine) {
          if (x != static_cast<float>(held.version)) ++mixed;
        }
        ++fetched;
      }
    });
  }
  for (std::uint64_t v = 2; v <= 3000; ++v) {
    while (!publish(v)) std::this_thread::yield();
    published.store(v);
  }
  while (fetched.load() < 10 * readers) std::this_thread::yield();
  over.store(true);
  for (std::thread& t : points) t.join();
  CHECK(mixed.load() == 0);
  CHECK(behind.load() == 0);
  CHECK(backwards.load() == 0);
  CHECK(sync.latest().version == 3000);
}

TEST_CASE("misuse of a parameter_sync is told", "[rl][parameter_sync][contract]") {
  CHECK(support::breaks("not newer", [] {
    parameter_sync<float> sync{{.size = 1, .readers = 1}};
    const std::vector x{1.0F};
    sync.publish(x, 2);
    sync.publish(x, 2);
  }));
  CHECK(support::breaks("another size", [] {
    parameter_sync<float> sync{{.size = 1, .readers = 1}};
    const std::vector x{1.0F, 2.0F};
    sync.publish(x, 1);
  }));
}
