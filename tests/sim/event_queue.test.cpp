// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include <cstdint>
#include <map>
#include <memory>
#include <muster/core/rng.hpp>
#include <muster/sim/event_queue.hpp>
#include <muster/testing/no_alloc_scope.hpp>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using muster::instant;
using muster::sim::event_queue;

namespace {

// The plain truth: a map from (time, number of the push) to the event.
struct oracle {
  void push(std::int64_t at, int event) { pending[{at, pushes++}] = event; }
  std::pair<std::int64_t, int> pop() {
    const auto first = pending.begin();
    const std::pair<std::int64_t, int> taken{first->first.first, first->second};
    pending.erase(first);
    return taken;
  }
  std::map<std::pair<std::int64_t, std::uint64_t>, int> pending;
  std::uint64_t pushes = 0;
};

}  // namespace

TEST_CASE("events of equal time come out in the order of push", "[sim][event_queue]") {
  event_queue<int> q;
  for (int i = 0; i < 1000; ++i) q.push(instant{5}, i);
  q.push(instant{4}, -1);
  CHECK(q.next_time() == instant{4});
  CHECK(q.pop().event == -1);
  for (int i = 0; i < 1000; ++i) {
    const auto e = q.pop();
    REQUIRE(e.event == i);
    REQUIRE(e.time == instant{5});
  }
  CHECK(q.empty());
  CHECK(q.next_time() == muster::never);
}

TEST_CASE("event_queue agrees with a sorted map on random programs", "[sim][event_queue]") {
  muster::rng g{17};
  for (int program = 0; program < 60; ++program) {
    event_queue<int> q;
    oracle truth;
    const std::uint64_t bias = 1 + muster::uniform_below(g, 9);     // pushes per 10 steps
    const std::uint64_t spread = 1 + muster::uniform_below(g, 50);  // few distinct times: ties
    int next = 0;
    for (int step = 0; step < 600; ++step) {
      if (truth.pending.empty() || muster::uniform_below(g, 10) < bias) {
        const auto at = q.now().us + static_cast<std::int64_t>(muster::uniform_below(g, spread));
        q.push(instant{at}, next);
        truth.push(at, next++);
      } else {
        const auto want = truth.pop();
        const auto got = q.pop();
        REQUIRE(got.time.us == want.first);
        REQUIRE(got.event == want.second);
        REQUIRE(q.now() == got.time);
      }
      REQUIRE(q.size() == truth.pending.size());
      REQUIRE(q.empty() == truth.pending.empty());
      const auto next_time =
          truth.pending.empty() ? muster::never.us : truth.pending.begin()->first.first;
      REQUIRE(q.next_time().us == next_time);
    }
    while (!truth.pending.empty()) {
      const auto want = truth.pop();
      REQUIRE(q.pop().event == want.second);
    }
  }
}

TEST_CASE("times before zero and at the end of time are ordered too", "[sim][event_queue]") {
  event_queue<int> q{instant{-1'000}};
  q.push(muster::never, 4);
  q.push(instant{0}, 3);
  q.push(instant{-1}, 2);
  q.push(instant{-1'000}, 1);
  for (int i = 1; i <= 4; ++i) CHECK(q.pop().event == i);
}

TEST_CASE("run_until handles what is due, also what handlers add", "[sim][event_queue]") {
  event_queue<int> q;
  q.push(instant{10}, 1);
  q.push(instant{30}, 3);
  std::vector<int> seen;
  q.run_until(instant{20}, [&](instant now, int e) {
    seen.push_back(e);
    if (e == 1) q.push(now, 2);          // at once
    if (e == 2) q.push(instant{20}, 5);  // exactly at the end: still due
    if (e == 5) q.push(instant{21}, 6);  // too late
  });
  CHECK(seen == std::vector<int>{1, 2, 5});
  CHECK(q.now() == instant{20});
  CHECK(q.size() == 2);
  q.run_until(muster::never, [&](instant, int e) { seen.push_back(e); });
  CHECK(seen == std::vector<int>{1, 2, 5, 6, 3});
}

TEST_CASE("events may own things, and the queue may be moved and cleared", "[sim][event_queue]") {
  event_queue<std::unique_ptr<int>> q;
  q.push(instant{2}, std::make_unique<int>(2));
  q.push(instant{1}, std::make_unique<int>(1));
  event_queue<std::unique_ptr<int>> moved{std::move(q)};
  CHECK(*moved.pop().event == 1);
  moved.push(instant{3}, std::make_unique<int>(3));
  CHECK(moved.size() == 2);
  q.push(instant{5}, std::make_unique<int>(5));  // moved from: empty, and good again
  CHECK(*q.pop().event == 5);
  q = std::move(moved);
  CHECK(*q.pop().event == 2);
  moved = std::move(q);
  moved.clear();
  CHECK(moved.empty());
  CHECK(moved.now() == instant{});
  moved.push(instant{0}, std::make_unique<int>(7));
  CHECK(*moved.pop().event == 7);
}

TEST_CASE("nothing allocates within what was reserved", "[sim][event_queue]") {
  event_queue<std::uint64_t> q;
  q.reserve(1000);
  muster::testing::no_alloc_scope scope;
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) q.push(instant{static_cast<std::int64_t>(i % 7)}, i);
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const auto e = q.pop();
    sum += e.event;
    q.push(e.time + muster::microseconds(3), e.event);
  }
  while (!q.empty()) sum += q.pop().event;
  const auto allocations = scope.allocations();
  CHECK(allocations == 0);
  CHECK(sum > 0);
}

TEST_CASE("renumbering after 2^40 pushes keeps the order", "[sim][event_queue]") {
  using muster::sim::detail::key_heap;
  key_heap h;
  h.set_sequence_for_test(muster::sim::detail::max_sequence - 5);
  for (std::uint32_t i = 0; i < 20; ++i) h.push(9 - static_cast<int>(i / 10), i);
  (void)h.pop();  // the hole is there when numbers run out again
  h.set_sequence_for_test(muster::sim::detail::max_sequence);
  h.push(8, 50);
  for (std::uint32_t i = 11; i < 20; ++i) CHECK(h.pop().place() == i);
  CHECK(h.pop().place() == 50);
  for (std::uint32_t i = 0; i < 10; ++i) CHECK(h.pop().place() == i);
  CHECK(h.empty());
}
