// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "support/contract.hpp"

#include <muster/coordination/circuit_breaker.hpp>
#include <muster/core/rng.hpp>

using namespace muster;
using coordination::circuit, coordination::circuit_breaker;

namespace {
instant at(std::int64_t ms) { return instant{ms * 1000}; }
}  // namespace

TEST_CASE("circuit_breaker: once around, by hand", "[coordination][circuit_breaker]") {
  circuit_breaker b{{3, 2, milliseconds(100)}};
  for (const int ms : {0, 1}) {
    CHECK(b.enter(at(ms)));
    b.failed(at(ms));
  }
  CHECK(b.state() == circuit::closed);
  CHECK(b.enter(at(2)));
  b.succeeded();  // the row is broken
  for (const int ms : {3, 4, 5}) {
    CHECK(b.enter(at(ms)));
    b.failed(at(ms));
  }
  CHECK(b.state() == circuit::open);
  CHECK(b.opened() == 1);
  CHECK_FALSE(b.enter(at(6)));
  CHECK_FALSE(b.enter(at(104)));
  CHECK(b.enter(at(105)));  // a probe
  CHECK(b.state() == circuit::half_open);
  CHECK_FALSE(b.enter(at(106)));  // one at a time
  b.succeeded();
  CHECK(b.state() == circuit::half_open);
  CHECK(b.enter(at(107)));
  b.failed(at(120));
  CHECK(b.state() == circuit::open);
  CHECK(b.opened() == 2);
  CHECK_FALSE(b.enter(at(219)));
  CHECK(b.enter(at(220)));
  b.succeeded();
  CHECK(b.enter(at(221)));
  b.succeeded();
  CHECK(b.state() == circuit::closed);
  CHECK(b.enter(at(222)));
  CHECK(b.enter(at(222)));
}

TEST_CASE("a probe that never reports frees its place; old reports do not count while open",
          "[coordination][circuit_breaker]") {
  circuit_breaker b{{1, 1, milliseconds(100)}};
  CHECK(b.enter(at(0)));
  CHECK(b.enter(at(0)));
  CHECK(b.enter(at(0)));
  b.failed(at(10));
  CHECK(b.state() == circuit::open);
  b.failed(at(50));  // begun before
  b.succeeded();
  CHECK(b.state() == circuit::open);
  CHECK(b.opened() == 1);
  CHECK(b.enter(at(110)));  // 100 ms after opening, not after the last report
  CHECK_FALSE(b.enter(at(209)));
  CHECK(b.enter(at(210)));  // the first probe is lost
  b.succeeded();
  CHECK(b.state() == circuit::closed);
  b.failed(at(300));
  b.reset();
  CHECK(b.state() == circuit::closed);
  CHECK(b.opened() == 0);
}

TEST_CASE("law: only along the edges, and only when allowed",
          "[coordination][circuit_breaker][laws]") {
  rng random{5};
  for (int round = 0; round < 300; ++round) {
    const circuit_breaker::config c{
        1 + static_cast<std::uint32_t>(uniform_below(random, 4)),
        1 + static_cast<std::uint32_t>(uniform_below(random, 3)),
        milliseconds(1 + static_cast<std::int64_t>(uniform_below(random, 50)))};
    circuit_breaker b{c};
    instant now{};
    instant opened{};
    std::uint32_t in_a_row = 0;
    for (int step = 0; step < 300; ++step) {
      now += microseconds(static_cast<std::int64_t>(uniform_below(random, 20'000)));
      const circuit before = b.state();
      switch (uniform_below(random, 3)) {
        case 0: {
          const bool would = b.would_enter(now);
          const bool did = b.enter(now);
          REQUIRE(would == did);
          const circuit after = b.state();
          if (before == circuit::closed) REQUIRE((did && after == circuit::closed));
          if (before == circuit::open) {
            REQUIRE(did == (now >= opened + c.cool_down));
            REQUIRE(after == (did ? circuit::half_open : circuit::open));
          }
          if (before == circuit::half_open) REQUIRE(after == circuit::half_open);
          break;
        }
        case 1:
          b.succeeded();
          in_a_row = 0;
          REQUIRE((b.state() == before ||
                   (before == circuit::half_open && b.state() == circuit::closed)));
          break;
        default:
          b.failed(now);
          if (before == circuit::closed) ++in_a_row;
          if (before == circuit::open) {
            REQUIRE(b.state() == circuit::open);
          } else if (before == circuit::half_open) {
            REQUIRE(b.state() == circuit::open);
            opened = now;
          } else {
            REQUIRE(b.state() == (in_a_row >= c.failures ? circuit::open : circuit::closed));
            if (b.state() == circuit::open) opened = now;
          }
          if (b.state() == circuit::open) in_a_row = 0;
      }
    }
  }
}

TEST_CASE("a breaker needs sensible numbers", "[coordination][circuit_breaker]") {
  CHECK(support::breaks("failures >= 1", [] { circuit_breaker{{0, 1, seconds(1)}}; }));
  CHECK(support::breaks("cool_down", [] { circuit_breaker{{1, 1, duration{}}}; }));
}
