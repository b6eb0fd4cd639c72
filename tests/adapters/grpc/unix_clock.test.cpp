// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <ctime>

#include <muster/adapters/grpc/unix_clock.hpp>

using namespace muster;
using adapters::grpc::unix_clock;

TEST_CASE("unix_clock counts from 1970 and never goes back", "[adapters][grpc]") {
  const unix_clock clock;
  const auto before = static_cast<std::int64_t>(std::time(nullptr));
  instant last = clock.now();
  CHECK(last.us / 1'000'000 >= before - 1);
  CHECK(last.us / 1'000'000 <= before + 5);
  bool forwards = true;
  for (int i = 0; i < 10'000; ++i) {
    const instant t = clock.now();
    forwards = forwards && t >= last;
    last = t;
  }
  CHECK(forwards);
}

TEST_CASE("unix_clock waits until a time", "[adapters][grpc]") {
  const unix_clock clock;
  const instant start = clock.now();
  const instant woken = clock.wait(start + milliseconds(20));
  CHECK(woken >= start + milliseconds(20));
  CHECK(woken < start + seconds(10));
  CHECK(clock.wait(start) >= woken);  // the past does not wait
}
