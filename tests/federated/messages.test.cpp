// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"

#include <cstddef>

#include <muster/federated/messages.hpp>

using namespace muster::federated;

// What the counters count is what an adapter sends: no padding, each number where it is expected.
static_assert(offsetof(download_header, client) == 8 && offsetof(download_header, kind) == 12);
static_assert(offsetof(upload_header, weight) == 8 && offsetof(upload_header, score) == 24 &&
              offsetof(upload_header, client) == 40 && offsetof(upload_header, reserved) == 44);

TEST_CASE("traffic is equal when both ways are", "[federated][messages]") {
  CHECK(traffic{1, 2} == traffic{1, 2});
  CHECK_FALSE(traffic{1, 2} == traffic{2, 2});
  CHECK_FALSE(traffic{1, 2} == traffic{1, 3});
}
