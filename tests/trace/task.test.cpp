// SPDX-License-Identifier: Apache-2.0
#include <muster/trace/task.hpp>

#include "support/catch.hpp"

TEST_CASE("a task that was not read from a file has line 0", "[trace][task]") {
  constexpr muster::trace::task t;
  static_assert(t.line == 0 && t.instances == 1);
  CHECK(t.allowance == muster::duration{});
  CHECK(sizeof(muster::trace::task) <= 48);  // a month of a large cluster fits in memory
}
