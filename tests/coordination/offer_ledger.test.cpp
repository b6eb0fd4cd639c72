// SPDX-License-Identifier: Apache-2.0
#define MUSTER_TESTING_COUNT_ALLOCATIONS
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <map>
#include <vector>

#include <muster/coordination/offer_ledger.hpp>
#include <muster/testing/no_alloc_scope.hpp>

using namespace muster;
using coordination::offer_ledger;

namespace {
request_key key(std::uint32_t origin, std::uint64_t id) { return {origin, job_id{id}}; }
constexpr offer_reply yes{offer_verdict::accepted, 4, instant{77}};
}  // namespace

TEST_CASE("offer_ledger: the life of a key", "[coordination][offer_ledger]") {
  offer_ledger l{{2, seconds(1)}};
  CHECK(l.find(key(1, 5)) == nullptr);
  CHECK(l.outcome(key(1, 5)) == request_outcome::unknown);
  CHECK(l.accept(key(1, 5), instant{1'000'000}, yes, instant{}));
  REQUIRE(l.find(key(1, 5)) != nullptr);
  CHECK(*l.find(key(1, 5)) == yes);
  CHECK(l.find(key(2, 5)) == nullptr);  // another origin's 5
  CHECK(l.outcome(key(1, 5)) == request_outcome::pending);
  CHECK(l.settle(key(1, 5), request_outcome::done));
  CHECK_FALSE(l.settle(key(1, 5), request_outcome::missed));  // once
  CHECK(l.outcome(key(1, 5)) == request_outcome::done);
  CHECK_FALSE(l.settle(key(9, 9), request_outcome::done));

  // Full: refused until something is a second past its deadline.
  CHECK(l.accept(key(1, 6), instant{5'000'000}, yes, instant{}));
  CHECK_FALSE(l.accept(key(1, 7), instant{9'000'000}, yes, instant{1'999'999}));
  CHECK(l.accept(key(1, 7), instant{9'000'000}, yes, instant{2'000'000}));
  CHECK(l.size() == 2);
  CHECK(l.outcome(key(1, 5)) == request_outcome::unknown);
  CHECK(l.outcome(key(1, 6)) == request_outcome::pending);
  l.clear();
  CHECK(l.size() == 0);
  CHECK(l.outcome(key(1, 7)) == request_outcome::unknown);
  // No deadline: never forgotten.
  CHECK(l.accept(key(1, 1), never, yes, instant{}));
  CHECK(l.accept(key(1, 2), never, yes, instant{}));
  CHECK_FALSE(l.accept(key(1, 3), never, yes, never - seconds(5)));
}

TEST_CASE("offer_ledger agrees with a map that forgets late",
          "[coordination][offer_ledger][laws]") {
  rng random{8};
  for (const std::size_t capacity :
       {std::size_t{1}, std::size_t{3}, std::size_t{16}, std::size_t{100}}) {
    offer_ledger l{{capacity, milliseconds(50)}};
    struct entry {
      instant until;
      request_outcome outcome;
    };
    std::map<request_key, entry> model;
    instant now{};
    for (int step = 0; step < 20'000; ++step) {
      now += microseconds(static_cast<std::int64_t>(uniform_below(random, 3000)));
      const request_key k = key(static_cast<std::uint32_t>(uniform_below(random, 3)),
                                uniform_below(random, 3 * capacity));
      if (uniform_below(random, 3) == 0) {
        const auto it = model.find(k);
        const auto outcome =
            uniform_below(random, 2) == 0 ? request_outcome::done : request_outcome::missed;
        const bool first = it != model.end() && it->second.outcome == request_outcome::pending;
        if (first) it->second.outcome = outcome;
        REQUIRE(l.settle(k, outcome) == first);
      } else if (l.find(k) == nullptr) {
        const instant deadline =
            now + milliseconds(static_cast<std::int64_t>(uniform_below(random, 100)));
        const bool room = l.accept(k, deadline, yes, now);
        if (model.size() == capacity) {
          std::erase_if(model, [&](const auto& e) { return e.second.until <= now; });
        }
        REQUIRE(room == (model.size() < capacity));
        if (room) model[k] = {deadline + milliseconds(50), request_outcome::pending};
      }
      // The one asked for, and now and then all.
      if (step % 50 == 0) {
        for (const auto& [known, e] : model) REQUIRE(l.outcome(known) == e.outcome);
      }
      REQUIRE(l.size() == model.size());
      REQUIRE((l.find(k) != nullptr) == model.contains(k));
    }
  }
}

TEST_CASE("offer_ledger does not allocate", "[coordination][offer_ledger]") {
  offer_ledger l{{64, milliseconds(1)}};
  testing::no_alloc_scope quiet;
  instant now{};
  std::size_t taken = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    now += microseconds(100);
    taken += l.accept(key(0, i), now, yes, now) ? 1 : 0;
    l.settle(key(0, i), request_outcome::done);
  }
  CHECK(quiet.allocations() == 0);
  CHECK(taken == 10'000);  // at most 11 are remembered at once
}

TEST_CASE("accepting a known key breaks a precondition", "[coordination][offer_ledger]") {
  CHECK(support::breaks("ask find(key) first", [] {
    offer_ledger l;
    static_cast<void>(l.accept(key(0, 1), instant{}, yes, instant{}));
    static_cast<void>(l.accept(key(0, 1), instant{}, yes, instant{}));
  }));
  CHECK(support::breaks("capacity > 0", [] { offer_ledger{{0, seconds(1)}}; }));
}
