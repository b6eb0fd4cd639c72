// SPDX-License-Identifier: Apache-2.0
#include <muster/env/cloud_vm_record.hpp>

#include <type_traits>

#include "support/catch.hpp"

using namespace muster;

TEST_CASE("sums of counts", "[env][cloud_vm]") {
  CHECK(env::cloud_refusals{.cpu = 1, .memory = 2, .malformed = 4}.total() == 7);
  const env::cloud_vm_counts c{.placed = 1, .denied = 2, .lazy_waits = 4, .forced_waits = 8};
  CHECK(c.steps() == 15);
}

TEST_CASE("nobody watching takes no room, a log keeps what it is told until the next episode",
          "[env][cloud_vm]") {
  CHECK(std::is_empty_v<env::unwatched>);
  env::hold_log log;
  log.held({.task = 3, .machine = 1, .first_vcpu = 2, .vcpus = 4, .from = 5, .until = 9});
  REQUIRE(log.holds.size() == 1);
  CHECK(log.holds[0].until == 9);
  log.reset();
  CHECK(log.holds.empty());
}
